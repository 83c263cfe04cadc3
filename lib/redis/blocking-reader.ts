import { ConnectionError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import { sleep } from '../runtime/sleep.js';
import type { RedisClient } from './client.js';
import { QueueKeys } from './queue-keys.js';
import { isPassingFailure } from './redis-failure.js';
import { WatchedClient } from './watched-client.js';

/** A read is overdue when its reply is so much later than it may block. */
const GRACE_MS = 2000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 500;
/** Between reads that the server refuses, such as for want of rights: somebody has to do something first. */
const REFUSED_RETRY_MS = 2000;

/** What a line needs of the connection that it belongs to. */
export interface ReaderOwner {
  /** For what must not wait behind a blocking read. */
  readonly client: RedisClient;
  readonly runtime: Runtime;
  /** A client for the line alone; undefined while it is not known where to connect to. */
  duplicate(): RedisClient | undefined;
  /** Takes a failure that does not pass by itself. */
  report(error: unknown, what: string): void;
  /** Takes the news that a read got no reply. */
  suspect(): void;
  /** The line has begun to read. */
  began(line: BlockingReader): void;
  /** Nobody waits on the line any more. */
  rested(line: BlockingReader): void;
}

interface Reading {
  keys: ReadonlySet<string>;
  nudgeKey: string;
}

/**
 * A client that spends its time in one blocking read at a time, on behalf of many. The read is watched: one that is
 * overdue loses its client, and a new one is made. A key of the line's own lets it leave a read whose set of keys has
 * changed; it lies beside the first of them, where whoever may read those may write.
 */
export abstract class BlockingReader extends Service {
  private readonly id: string;
  private readonly ended = new AbortController();
  private client: WatchedClient | undefined;
  private looping = false;
  private reading: Reading | undefined;
  private retryMs = FIRST_RETRY_MS;
  private complaint: string | undefined;

  constructor(protected readonly owner: ReaderOwner) {
    super(owner.runtime);
    this.id = owner.runtime.uuid();
  }

  /** What it means when reading fails, for people. */
  protected abstract readonly failure: string;
  /** Keys to read, none when nobody waits. */
  protected abstract keys(): string[];
  /** How long the next read may block; 0 or less to do without one. */
  protected abstract blockMs(): number;
  /** One blocking read, and what follows from it. */
  protected abstract read(
    client: RedisClient,
    keys: readonly string[],
    nudgeKey: string,
    blockMs: number,
  ): Promise<() => void>;
  /** Called after each read, whether or not there was a reply. */
  protected abstract afterRead(): void;
  /** Called when a read broke off: what it had taken, if anything, is lost. */
  protected abstract afterFailure(): void;
  /** Makes the read in flight return. */
  protected abstract nudge(client: RedisClient, nudgeKey: string): Promise<unknown>;

  protected onStop(): void {
    this.ended.abort();
    this.drop();
  }

  /** Reads on with a new client: the one it has may be at a server that commands have left. */
  restart(): void {
    this.drop();
  }

  get isResting(): boolean {
    return !this.looping;
  }

  /**
   * To be called when somebody began to wait for `key`.
   * @param otherPlace whether the read in flight does not serve it even where it reads that key
   */
  protected changed(key: string, otherPlace = false): void {
    const { reading } = this;
    if (!this.looping && !this.isStopped) {
      void this.loop();
    } else if (reading && (otherPlace || !reading.keys.has(key))) {
      this.nudge(this.owner.client, reading.nudgeKey).catch((error: unknown) => {
        this.complain(error);
        if (this.reading === reading) {
          this.drop();
        }
      });
    }
  }

  /** Hands on a failure that does not pass by itself, once for a row of equal ones. */
  protected complain(error: unknown): void {
    const cause = (error as { previousErrors?: unknown[] }).previousErrors?.[0] ?? error;
    const message = (cause as Partial<Error>).message ?? String(cause);
    if (this.isStopped || isPassingFailure(cause) || message === this.complaint) {
      return;
    }
    this.complaint = message;
    this.owner.report(cause, this.failure);
  }

  private async loop(): Promise<void> {
    this.looping = true;
    this.owner.began(this);
    while (!this.isStopped && this.keys().length > 0) {
      const block = this.blockMs();
      if (block > 0) {
        const follow = await this.guardedRead(block);
        try {
          follow();
        } catch (error) {
          this.complain(error);
        }
      }
      this.afterRead();
    }
    this.looping = false;
    this.owner.rested(this);
  }

  private async guardedRead(blockMs: number): Promise<() => void> {
    const keys = this.keys();
    const reading = { keys: new Set(keys), nudgeKey: QueueKeys.nudgeBeside(keys[0] as string, this.id) };
    this.reading = reading;
    try {
      const client = (this.client ??= this.open());
      if (!(await client.connected(blockMs))) {
        // Whoever waits has a deadline, also while the client connects.
        return () => {};
      }
      const follow = await client.read(
        (redis) => this.read(redis, keys, reading.nudgeKey, blockMs),
        blockMs + GRACE_MS,
      );
      this.retryMs = FIRST_RETRY_MS;
      this.complaint = undefined;
      return follow;
    } catch (error) {
      await this.brokeOff(error);
      return () => this.afterFailure();
    } finally {
      this.reading = undefined;
    }
  }

  private open(): WatchedClient {
    const client = this.owner.duplicate();
    if (!client) {
      throw new ConnectionError('It is not known where Redis is.');
    }
    return new WatchedClient(client, this.owner.runtime, (error) => this.complain(error));
  }

  /** A server that refuses would refuse on another connection too. */
  private async brokeOff(error: unknown): Promise<void> {
    if (this.isStopped) {
      return;
    }
    const isRefused = !isPassingFailure(error);
    this.complain(error);
    if (!isRefused) {
      this.drop();
      this.owner.suspect();
    }
    await sleep(this.owner.runtime, isRefused ? REFUSED_RETRY_MS : this.retryMs, this.ended.signal);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  private drop(): void {
    this.client?.giveUp();
    this.client = undefined;
  }
}

/** A key as the caller knows it: the server has it with the prefix of the client, where there is one. */
export function withoutClientPrefix(client: RedisClient, key: string): string {
  return key.slice(client.options.keyPrefix?.length ?? 0);
}
