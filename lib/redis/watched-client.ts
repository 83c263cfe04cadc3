import { ConnectionError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import type { RedisClient } from './client.js';

/** A client that has not connected by then is given up. */
const CONNECT_MS = 10_000;

/**
 * A client for blocking reads, good for one connection: it is given up when that closes, is not there in time, or owes an
 * reply for too long. Left to itself the client would send a read again after a reconnection, as if nothing had been taken.
 */
export class WatchedClient {
  private readonly openedAt: number;
  private gone: Error | undefined;
  private fail: ((reason: Error) => void) | undefined;

  /**
   * @param failed takes the client's own errors
   */
  constructor(
    private readonly client: RedisClient,
    private readonly runtime: Runtime,
    failed: (error: unknown) => void,
  ) {
    this.openedAt = runtime.monotonicMs();
    client.on('error', failed);
    client.on('close', this.giveUp);
  }

  /** Whether it is connected, at the latest after `withinMs`. Rejects when it is given up. */
  async connected(withinMs: number): Promise<boolean> {
    if (this.client.status === 'ready') {
      return true;
    }
    const leftMs = Math.max(this.openedAt + CONNECT_MS - this.runtime.monotonicMs(), 0);
    let onReady!: () => void;
    const ready = new Promise<boolean>((resolve) => {
      onReady = () => resolve(true);
      this.client.once('ready', onReady);
    });
    const late = (resolve: (isReady: boolean) => void): void =>
      leftMs > withinMs ? resolve(false) : this.giveUp();
    return this.watched(ready, Math.min(withinMs, leftMs), late).finally(() =>
      this.client.off('ready', onReady),
    );
  }

  /** The reply of a read. Rejects when the client is given up, at the latest after `withinMs`. */
  read<T>(read: (client: RedisClient) => Promise<T>, withinMs: number): Promise<T> {
    return this.watched(read(this.client), withinMs, this.giveUp);
  }

  /** Closes it. Whoever waits for it is rejected. */
  readonly giveUp = (): void => {
    this.gone ??= new ConnectionError('A blocking read got no reply.');
    this.client.off('close', this.giveUp);
    this.client.disconnect();
    this.fail?.(this.gone);
  };

  private watched<T>(
    reply: Promise<T>,
    withinMs: number,
    late: (resolve: (value: T) => void) => void,
  ): Promise<T> {
    let timer: Timer | undefined;
    return new Promise<T>((resolve, reject) => {
      timer = this.runtime.setTimer(() => late(resolve), withinMs, { upkeep: true });
      this.fail = reject;
      reply.then(resolve, reject);
      if (this.gone) {
        reject(this.gone);
      }
    }).finally(() => {
      timer?.cancel();
      this.fail = undefined;
    });
  }
}
