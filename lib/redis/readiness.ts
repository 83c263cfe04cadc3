import { ConnectionClosedError, RedisVersionError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { sleep } from '../runtime/sleep.js';
import type { RedisClient } from './client.js';
import { isPassingFailure, toStepwellError } from './redis-failure.js';
import { checkServer } from './server-check.js';
import { unanswered } from './unanswered.js';

const RETRY_MS = 200;

interface Waiter {
  reject: (error: Error) => void;
}

/**
 * Whether the server has been reached and found fit. It is asked until it has replied, however late it comes and
 * whatever the client's options say about trying; who waits for it may lose patience before, and wait again.
 */
export class Readiness {
  /** Settles with the first reply of the server, or at `close`. */
  readonly first: Promise<void>;
  private looking: Promise<void> | undefined;
  private isFit = false;
  private failure: unknown;
  private readonly closing = new AbortController();
  private readonly waiters = new Set<Waiter>();

  /**
   * @param warn takes a sentence about settings that endanger jobs
   * @param skipVersionCheck whether any server that replies is fit
   */
  constructor(
    private readonly client: RedisClient,
    private readonly runtime: Runtime,
    private readonly warn: (sentence: string) => void,
    private readonly describe: () => string = () => 'Redis',
    private readonly skipVersionCheck = false,
  ) {
    this.first = this.look();
    this.first.catch(() => {});
    client.on('error', this.onError);
    client.on('end', this.onEnd);
  }

  /**
   * Resolves once the server has been found fit. Rejects with `RedisVersionError`, with what the server says where it
   * refuses (such as a wrong password), with `ConnectionClosedError` when the client has ended, with `ConnectionError`
   * after `patienceMs`.
   */
  async wait(patienceMs: number): Promise<void> {
    if (this.isFit) {
      return;
    }
    if (this.client.status === 'end') {
      throw ended();
    }
    let late: Timer | undefined;
    await new Promise<void>((resolve, reject) => {
      const waiter = { reject };
      this.waiters.add(waiter);
      late = this.runtime.setTimer(
        () => reject(unanswered(this.describe(), patienceMs, this.failure)),
        patienceMs,
      );
      const settled = (): void => void this.waiters.delete(waiter);
      this.look().then(resolve, reject).finally(settled);
    }).finally(() => late?.cancel());
  }

  close(): void {
    this.client.off('error', this.onError);
    this.client.off('end', this.onEnd);
    this.closing.abort();
    this.refuse(ended());
  }

  private look(): Promise<void> {
    return (this.looking ??= this.ask().finally(() => {
      this.looking = undefined;
    }));
  }

  private async ask(): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.reached();
      try {
        const warning = this.skipVersionCheck ? await this.ping() : await checkServer(this.client);
        this.isFit = true;
        if (warning) {
          this.warn(warning);
        }
        return;
      } catch (error) {
        if (error instanceof RedisVersionError) {
          throw error;
        }
        this.onError(error);
      }
      await sleep(this.runtime, RETRY_MS, this.closing.signal);
    }
    throw ended();
  }

  private async ping(): Promise<undefined> {
    await this.client.ping();
  }

  /** A client that was passed in may connect only when first used. */
  private async reached(): Promise<void> {
    if (this.client.status === 'ready' || this.closing.signal.aborted) {
      return;
    }
    if (this.client.status === 'wait') {
      this.client.connect().catch(() => {});
    }
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.client.off('ready', go);
        this.closing.signal.removeEventListener('abort', go);
        resolve();
      };
      this.client.on('ready', go);
      this.closing.signal.addEventListener('abort', go);
    });
  }

  /** What passes is waited for. */
  private readonly onError = (error: unknown): void => {
    this.failure = error;
    if (!isPassingFailure(error)) {
      this.refuse(toStepwellError(error));
    }
  };

  private readonly onEnd = (): void => this.refuse(ended());

  private refuse(error: Error): void {
    this.waiters.forEach(({ reject }) => reject(error));
    this.waiters.clear();
  }
}

function ended(): ConnectionClosedError {
  return new ConnectionClosedError('The connection to Redis is closed.');
}
