import type { Runtime } from '../runtime/runtime.js';
import { sleep } from '../runtime/sleep.js';
import type { RedisClient } from './client.js';

const GRACE_MS = 2000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 500;

/** What a line needs of the connection that it belongs to. */
export interface LineOwner {
  /** For what must not wait behind a blocking read. */
  readonly client: RedisClient;
  readonly runtime: Runtime;
  /** A client for the line alone. */
  duplicate(): RedisClient;
}

/**
 * A client that spends its time in one blocking read at a time, on behalf of many. The read is watched: one that is
 * overdue loses its client, and a new one is made. A key of the line's own lets it leave a read whose set of keys has
 * changed.
 */
export abstract class BlockingLine {
  protected readonly nudgeKey: string;
  protected closed = false;
  private client: RedisClient | undefined;
  private looping = false;
  private blockedOn: readonly string[] | undefined;
  private retryMs = FIRST_RETRY_MS;

  constructor(
    protected readonly connection: LineOwner,
    base: string,
  ) {
    this.nudgeKey = `${base}nudge:${connection.runtime.uuid()}`;
  }

  /** Keys to read, none when nobody waits. */
  protected abstract keys(): string[];
  /** How long the next read may block; 0 or less to do without one. */
  protected abstract blockMs(): number;
  /** One blocking read, and what follows from it. */
  protected abstract read(client: RedisClient, keys: readonly string[], blockMs: number): Promise<() => void>;
  /** Called after each read, answered or not. */
  protected abstract afterRead(): void;
  /** Called when a read broke off: what it had taken, if anything, is lost. */
  protected abstract afterFailure(): void;
  /** Makes the read in flight return. */
  protected abstract nudge(client: RedisClient): Promise<unknown>;

  close(): void {
    this.closed = true;
    this.drop();
  }

  /**
   * To be called when somebody began to wait for `key`.
   * @param otherPlace whether the read in flight does not serve it even where it reads that key
   */
  protected changed(key: string, otherPlace = false): void {
    if (!this.looping && !this.closed) {
      void this.loop();
    } else if (this.blockedOn && (otherPlace || !this.blockedOn.includes(key))) {
      this.nudge(this.connection.client).catch(() => {});
    }
  }

  private async loop(): Promise<void> {
    this.looping = true;
    while (!this.closed && this.keys().length > 0) {
      const block = this.blockMs();
      if (block > 0) {
        const follow = await this.guardedRead(block);
        follow();
      }
      this.afterRead();
    }
    this.looping = false;
  }

  private async guardedRead(blockMs: number): Promise<() => void> {
    const client = (this.client ??= this.connection.duplicate());
    const keys = this.keys();
    this.blockedOn = keys;
    let giveUp!: (reason: Error) => void;
    const broken = new Promise<never>((_resolve, reject) => (giveUp = reject));
    const watchdog = this.connection.runtime.setTimer(
      () => giveUp(new Error('A blocking read is overdue.')),
      blockMs + GRACE_MS,
    );
    // The client would send the read again after a reconnection, as if nothing had been taken.
    const onClose = (): void => giveUp(new Error('The connection was closed.'));
    client.once('close', onClose);
    const read = this.read(client, keys, blockMs);
    read.catch(() => {});
    try {
      const follow = await Promise.race([read, broken]);
      this.retryMs = FIRST_RETRY_MS;
      return follow;
    } catch {
      this.drop();
      if (!this.closed) {
        await sleep(this.connection.runtime, this.retryMs);
        this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
      }
      return () => this.afterFailure();
    } finally {
      watchdog.cancel();
      client.off('close', onClose);
      this.blockedOn = undefined;
    }
  }

  private drop(): void {
    this.client?.disconnect();
    this.client = undefined;
  }
}

/** A key as the caller knows it: the server has it with the prefix of the client, where there is one. */
export function withoutClientPrefix(client: RedisClient, key: string): string {
  return key.slice(client.options.keyPrefix?.length ?? 0);
}
