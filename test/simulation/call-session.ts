import type { Call } from './call.js';
import type { SimulatedQueue } from './simulated-queue.js';
import type { ScriptName } from './simulated-scripts.js';

/** One writer: numbers its calls, and knows which one it has no answer to. */
export class CallSession {
  /** The last call, when its answer was lost: nothing new is sent until it is repeated. */
  unanswered: Call | undefined;
  /** When the unanswered call was first sent. */
  sentAt = 0;
  last: Call | undefined;
  /** A call before the last one. */
  outdated: Call | undefined;
  private number = 0;

  constructor(
    readonly writer: string,
    readonly queue: SimulatedQueue,
  ) {
    queue.knowWriter(writer);
  }

  /** A numbered call: writer and number follow the time. */
  next(script: ScriptName, now: number, args: (string | number)[], rest: readonly string[] = []): Call {
    this.number += 1;
    this.outdated = this.last;
    this.last = { script, args: [now, this.writer, String(this.number), ...args], rest };
    return this.last;
  }
}

/** The same call, sent again later. */
export function sameCall({ script, args, rest }: Call, now: number): Call {
  return { script, args: [now, ...args.slice(1)], rest };
}
