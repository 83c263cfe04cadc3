import { BacklogFullError } from '../job/errors.js';
import { type AddFlowEntry, BEGUN, encodeAddFlow } from '../job/wire.generated.js';
import { awaitReplicas } from '../redis/await-replicas.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { addFlow } from '../redis/scripts.generated.js';
import { Call } from './call.js';
import type { Durability } from './durability.js';
import type { Flight } from './flight.js';
import { GroupCommit } from './group-commit.js';
import type { CallSession } from './call-session.js';
import type { Lifetime } from './lifetime.js';
import type { Patience } from './patience.js';

const SESSIONS = 4;
const ENTRIES = 100;
const BYTES = 512 * 1024;
/** A call is ended by its bytes; what takes many calls of Redis counts as so many bytes. */
const BYTES_PER_WEIGHT = 512;

/** A flow that begins, as add-flow takes it. */
export interface FlowEntry {
  flow: AddFlowEntry;
  weight: number;
  bytes: number;
}

/** What became of it. */
export interface FlowBegun {
  /** `ok`, or the script's word. */
  word: string;
  /** By which to ask whether it is whole, where it has more than one level; '' where it has not. */
  flow: string;
  /** Whether all of it is in its queue already: nothing is left to be delivered. */
  here: boolean;
  /** Places, counted from 1, of children that were there already. */
  known: number[];
}

interface Waiter {
  entry: FlowEntry;
  resolve: (begun: FlowBegun) => void;
  reject: (error: unknown) => void;
}

/** Begins flows by group commit. */
export class FlowBatch {
  private readonly group: GroupCommit<Waiter>;

  /**
   * @param base what the keys of the queue begin with, as messages name it
   * @param backlog how many may wait while Redis does not answer
   */
  constructor(
    private readonly runner: ScriptRunner,
    private readonly base: string,
    patience: Patience,
    private readonly lifetime: Lifetime,
    private readonly backlog: number,
    private readonly durability?: Durability,
  ) {
    this.group = new GroupCommit<Waiter>(
      (session, flight) => this.send(session, flight),
      ({ reject }, error) => reject(error),
      patience,
      { sessions: SESSIONS, entries: () => ENTRIES, bytes: BYTES },
    );
  }

  /** Whether a flow fits one call. */
  static fits({ weight, bytes }: Pick<FlowEntry, 'weight' | 'bytes'>): boolean {
    return weight * BYTES_PER_WEIGHT <= BYTES && bytes <= BYTES;
  }

  begin(entry: FlowEntry): Promise<FlowBegun> {
    return new Promise((resolve, reject) => {
      if (this.lifetime.isOver) {
        reject(this.lifetime.refusal());
        return;
      }
      if (this.group.isFull(this.backlog)) {
        reject(new BacklogFullError(this.backlog));
        return;
      }
      this.group.push({ entry, resolve, reject }, Math.max(entry.bytes, entry.weight * BYTES_PER_WEIGHT));
    });
  }

  close(message: string): void {
    this.group.close(message);
  }

  idle(): Promise<void> {
    return this.group.idle();
  }

  get isIdle(): boolean {
    return this.group.isIdle;
  }

  private async send(session: CallSession, flight: Flight<Waiter>): Promise<void> {
    const { entries } = flight;
    const rest = encodeAddFlow(entries.map(({ entry }) => entry.flow));
    const seq = session.next();
    const args = [0, session.writer, seq, this.base] as const;
    const begin = (): Promise<unknown> => this.runner.run(addFlow, args, rest);
    const { durability } = this;
    const call = new Call(
      this.runner,
      durability ? () => awaitReplicas(this.runner.client, begin, durability) : begin,
    );
    flight.carrier = call;
    try {
      const answer = await call.answer();
      for (const [i, line] of String(answer).split('\n').entries()) {
        entries[i]!.resolve(readLine(line));
      }
    } catch (error) {
      for (const { reject } of entries) {
        reject(error);
      }
    }
  }
}

function readLine(line: string): FlowBegun {
  const here = line.startsWith(BEGUN.here);
  if (!here && !line.startsWith(BEGUN.posted)) {
    return { word: line, flow: '', here, known: [] };
  }
  const [flow = '', known] = line.slice(1).split('\t');
  return { word: 'ok', flow, here, known: known ? known.split(',').map(Number) : [] };
}
