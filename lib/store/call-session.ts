import type { Runtime } from '../runtime/runtime.js';

/** One call in flight at a time, numbered: what lets a script distinguish a repeat from a new call. */
export class CallSession {
  private seq = 0;

  constructor(readonly writer: string) {}

  /** Number of the next call. A call that is sent again keeps its number. */
  next(): string {
    this.seq += 1;
    return String(this.seq);
  }
}

/** Sessions of one writer; a session is in use from `acquire` to `release`. */
export class SessionPool {
  private readonly writer: string;
  private readonly free: CallSession[] = [];
  private made = 0;

  constructor(
    runtime: Runtime,
    private readonly most = Infinity,
  ) {
    this.writer = runtime.uniqueId();
  }

  /** A session without a call in flight, undefined when all are in use. */
  acquire(): CallSession | undefined {
    const session = this.free.pop();
    if (session || this.made >= this.most) {
      return session;
    }
    this.made += 1;
    return new CallSession(`${this.writer}.${this.made}`);
  }

  release(session: CallSession): void {
    this.free.push(session);
  }

  get inUse(): number {
    return this.made - this.free.length;
  }
}
