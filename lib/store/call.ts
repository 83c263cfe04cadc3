import { ConnectionClosedError, ConnectionError } from '../job/errors.js';
import type { RedisClient } from '../redis/client.js';
import { ReadyGate } from '../redis/ready-gate.js';
import { isBroken, isPassing, neverRan } from '../redis/redis-failure.js';
import type { Runtime, Timer } from '../runtime/runtime.js';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** What calls are made with. */
export interface CallMaker {
  readonly client: RedisClient;
  readonly runtime: Runtime;
}

/**
 * One call of Redis, made again while Redis is loading, failing over or out of reach, until there is a reply, it fails for good,
 * or nobody waits for it any more. For calls that may be repeated: numbered ones, reads, and those that come to the same.
 */
export class Call<T> {
  /** What went wrong last. */
  failure: unknown;
  private ran = false;
  private abandoned = false;
  private wake: (() => void) | undefined;

  private readonly gate: ReadyGate;

  constructor(
    private readonly maker: CallMaker,
    private readonly attempt: () => Promise<T>,
    private readonly writes = true,
  ) {
    this.gate = ReadyGate.of(maker.client);
  }

  /** Whether what it is to write may be there. */
  get mayBeWritten(): boolean {
    return this.writes && this.ran;
  }

  /** Nobody waits for it any more: it is not made again. */
  abandon(): void {
    this.abandoned = true;
    this.wake?.();
  }

  /** To be called once. The first attempt is on its way when this returns, where the client is connected. */
  async reply(): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (!this.gate.isOpen) {
        await this.untilOpen();
      }
      if (this.abandoned) {
        throw new ConnectionError('Nobody waits for the reply any more.', {
          mayBeWritten: this.mayBeWritten,
        });
      }
      if (this.gate.isEnded) {
        throw this.closed();
      }
      const ranBefore = this.ran;
      this.ran = true;
      try {
        return await this.attempt();
      } catch (error) {
        this.failure = error;
        if (neverRan(error)) {
          this.ran = ranBefore;
        }
        if (error instanceof ConnectionClosedError) {
          throw this.closed();
        }
        if (!(isPassing(error) || isBroken(error))) {
          throw error;
        }
      }
      await this.pause(pauseMs);
    }
  }

  private closed(): ConnectionClosedError {
    return new ConnectionClosedError('The connection to Redis is closed.', {
      mayBeWritten: this.mayBeWritten,
    });
  }

  private async untilOpen(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.gate.wait(resolve);
      if (this.abandoned) resolve();
    });
    this.gate.leave(this.wake as () => void);
    this.wake = undefined;
  }

  private async pause(ms: number): Promise<void> {
    if (this.abandoned) {
      return;
    }
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = this.maker.runtime.setTimer(resolve, ms);
    });
    timer?.cancel();
    this.wake = undefined;
  }
}
