import { type AddFlowEntry, BEGUN, decodeAddFlowReply, encodeAddFlow } from '../job/wire.generated.js';
import { addFlow } from '../redis/scripts.generated.js';
import { type Adding, AddGroup } from './add-group.js';
import type { CallSession } from './call-session.js';
import type { Flight } from './flight.js';
import type { StoreContext } from './store-context.js';

const BYTES = 512 * 1024;
const LIMITS = { sessions: 4, entries: () => 100, bytes: BYTES };
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
  /** Whether all of it is in its queue already: nothing is left to be delivered. */
  here: boolean;
  /** Places, counted from 1, of children that were there already. */
  known: number[];
  /** By target whether what the call has posted has been received, as far as it brought that along. */
  arrivals: ReadonlyMap<string, Promise<boolean>>;
}

type Line = Omit<FlowBegun, 'arrivals'>;

/** Begins flows by group commit. */
export class FlowBatch {
  private readonly group: AddGroup<FlowEntry, FlowBegun>;

  constructor(
    private readonly context: Pick<
      StoreContext,
      'keys' | 'runner' | 'patience' | 'lifetime' | 'host' | 'delivery'
    >,
  ) {
    this.group = new AddGroup(context, LIMITS, (session, flight) => this.send(session, flight));
  }

  /** Whether a flow fits one call. */
  static fits({ weight, bytes }: Pick<FlowEntry, 'weight' | 'bytes'>): boolean {
    return weight * BYTES_PER_WEIGHT <= BYTES && bytes <= BYTES;
  }

  begin(entry: FlowEntry): Promise<FlowBegun> {
    return this.group.add(entry, Math.max(entry.bytes, entry.weight * BYTES_PER_WEIGHT));
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

  private async send(session: CallSession, flight: Flight<Adding<FlowEntry, FlowBegun>>): Promise<void> {
    const { entries } = flight;
    const { keys, runner, delivery } = this.context;
    const args = [REDIS_TIME, session.writer, session.next(), keys.base] as const;
    const rest = encodeAddFlow(entries.map(({ entry }) => entry.flow));
    try {
      const reply = await this.group.call(flight, () => runner.run(addFlow, args, rest));
      const { flows, posted } = decodeAddFlowReply(reply);
      const arrivals = delivery.arrivals(posted);
      for (const [i, line] of flows.split('\n').entries()) {
        entries[i]!.resolve({ ...readLine(line), arrivals });
      }
    } catch (error) {
      for (const { reject } of entries) {
        reject(error);
      }
    }
  }
}

function readLine(line: string): Line {
  const here = line.startsWith(BEGUN.here);
  if (!here && !line.startsWith(BEGUN.posted)) {
    return { word: line, flow: '', here, known: [] };
  }
  const [flow = '', known] = line.slice(1).split('\t');
  return { word: 'ok', flow, here, known: known ? known.split(',').map(Number) : [] };
}
