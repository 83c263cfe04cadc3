import { BacklogFullError } from '../job/errors.js';
import { type AddFlowEntry, encodeAddFlow } from '../job/wire.generated.js';
import { addFlow } from '../redis/scripts.generated.js';
import { BACKLOG } from './backlog.js';
import { Call } from './call.js';
import { durably } from './durably.js';
import type { Flight } from './flight.js';
import { GroupCommit } from './group-commit.js';
import type { CallSession } from './call-session.js';
import type { StoreContext } from './store-context.js';

const SESSIONS = 4;
const ENTRIES = 100;
const BYTES = 512 * 1024;
/** A call is ended by its bytes; what takes many calls of Redis counts as so many bytes. */
const BYTES_PER_WEIGHT = 512;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

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
  private readonly backlog: number;

  constructor(private readonly context: Pick<StoreContext, 'runner' | 'patience' | 'lifetime' | 'host'>) {
    this.backlog = context.host.backlog ?? BACKLOG;
    this.group = new GroupCommit<Waiter>(
      (session, flight) => this.send(session, flight),
      ({ reject }, error) => reject(error),
      context.patience,
      { sessions: SESSIONS, entries: () => ENTRIES, bytes: BYTES },
    );
  }

  /** Whether a flow fits one call. */
  static fits({ weight, bytes }: Pick<FlowEntry, 'weight' | 'bytes'>): boolean {
    return weight * BYTES_PER_WEIGHT <= BYTES && bytes <= BYTES;
  }

  begin(entry: FlowEntry): Promise<FlowBegun> {
    return new Promise((resolve, reject) => {
      const { lifetime } = this.context;
      if (lifetime.isOver) {
        reject(lifetime.refusal());
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
    const { runner } = this.context;
    const args = [REDIS_TIME, session.writer, seq] as const;
    const call = new Call(
      runner,
      durably(this.context, () => runner.run(addFlow, args, rest)),
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
  if (!line.startsWith('+')) {
    return { word: line, flow: '', known: [] };
  }
  const [flow = '', known] = line.slice(1).split('\t');
  return { word: 'ok', flow, known: known ? known.split(',').map(Number) : [] };
}
