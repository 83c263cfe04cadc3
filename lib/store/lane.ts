import type { Runtime } from '../runtime/runtime.js';

/** One call in flight at a time, numbered: what lets a script tell a repeat from a new call. */
export class Lane {
  private seq = 0;

  constructor(readonly writer: string) {}

  /** Number of the next call. A call that is sent again keeps its number. */
  next(): string {
    this.seq += 1;
    return String(this.seq);
  }
}

/** Lanes of one writer; a lane is in use from `acquire` to `release`. */
export class LanePool {
  private readonly writer: string;
  private readonly free: Lane[] = [];
  private made = 0;

  constructor(
    runtime: Runtime,
    private readonly most = Infinity,
  ) {
    this.writer = runtime.uniqueId();
  }

  /** A lane without a call in flight, undefined when all are in use. */
  acquire(): Lane | undefined {
    const lane = this.free.pop();
    if (lane || this.made >= this.most) {
      return lane;
    }
    this.made += 1;
    return new Lane(`${this.writer}.${this.made}`);
  }

  release(lane: Lane): void {
    this.free.push(lane);
  }

  get inUse(): number {
    return this.made - this.free.length;
  }
}
