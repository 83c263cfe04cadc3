import { ConnectionClosedError } from '../job/errors.js';
import { Call, type CallMaker } from './call.js';
import { SessionPool } from './call-session.js';
import { Lifetime } from './lifetime.js';
import { NEVER, type Patience, type Waiting } from './patience.js';

/** Which call of which session this is, so that sending it again does nothing and gives the first reply. */
export interface NumberedCall {
  writer: string;
  seq: string;
}

interface OpenCall {
  call: Call<unknown>;
  since: number;
  reject: (error: Error) => void;
}

/**
 * The calls of a store that go out by themselves. Each is made again until Redis replies, and rejects with
 * `CallTimeoutError` when that takes too long; a store that waits as long as it takes has no patience that could end.
 */
export class Calls implements Waiting {
  private readonly open = new Set<OpenCall>();
  private readonly sessions: SessionPool;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly maker: CallMaker,
    private readonly patience?: Patience,
    private readonly lifetime = new Lifetime(),
  ) {
    this.sessions = new SessionPool(maker.runtime);
    patience?.register(this);
  }

  /** A call that writes nothing. */
  read<T>(attempt: () => Promise<T>): Promise<T> {
    return this.make(new Call(this.maker, attempt, false));
  }

  /** A call that may be repeated: it comes to the same. */
  repeatable<T>(attempt: () => Promise<T>): Promise<T> {
    return this.make(new Call(this.maker, attempt));
  }

  /** A call that may be repeated because the script distinguishes a repeat from a new call. */
  numbered<T>(attempt: (call: NumberedCall) => Promise<T>): Promise<T> {
    const session = this.sessions.acquire()!;
    const numbered = { writer: session.writer, seq: session.next() };
    // The session stays taken while the call may be on its way, also when nobody waits for it any more.
    return this.make(new Call(this.maker, () => attempt(numbered)), () => this.sessions.release(session));
  }

  /** Resolves once nobody waits for a call. */
  async idle(): Promise<void> {
    if (this.open.size > 0) {
      await new Promise<void>((resolve) => this.onIdle.push(resolve));
    }
  }

  /** Whether nobody waits for a call. */
  get isQuiet(): boolean {
    return this.open.size === 0;
  }

  /** Whether nothing is on its way, also of what was given up. */
  get isIdle(): boolean {
    return this.sessions.inUse === 0 && this.open.size === 0;
  }

  giveUpLate(): boolean {
    const { patience } = this;
    for (const open of this.open) {
      if (!patience?.isOver(open.since)) {
        // The others are younger.
        break;
      }
      const { mayBeWritten, failure } = open.call;
      this.giveUp(open, patience.late({ mayBeWritten, cause: failure }));
    }
    return this.open.size > 0;
  }

  /** Rejects what is open. */
  close(message: string): void {
    for (const open of this.open) {
      const { mayBeWritten } = open.call;
      this.giveUp(open, new ConnectionClosedError(message, { mayBeWritten }));
    }
  }

  private make<T>(call: Call<T>, ended?: () => void): Promise<T> {
    if (this.lifetime.isOver) {
      ended?.();
      return Promise.reject(this.lifetime.refusal());
    }
    return new Promise<T>((resolve, reject) => {
      const open = { call, since: this.patience?.now ?? NEVER, reject };
      this.open.add(open);
      this.patience?.begin();
      const end = (): void => {
        ended?.();
        this.end(open);
      };
      call.reply().then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  private giveUp(open: OpenCall, error: Error): void {
    open.reject(error);
    open.call.abandon();
    this.end(open);
  }

  private end(open: OpenCall): void {
    this.open.delete(open);
    if (this.open.size === 0) {
      this.onIdle.splice(0).forEach((resolve) => resolve());
    }
  }
}
