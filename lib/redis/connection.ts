import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import { ConnectionClosedError, ConnectionError, RedisReplyError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import {
  type ConnectionOptions,
  type IoredisOptions,
  isClient,
  isCluster,
  type RedisClient,
} from './client.js';
import { readConnectionOptions } from './connection-options.js';
import { EventStreamReader } from './event-stream-reader.js';
import { type ReaderHost, ReaderPool } from './reader-pool.js';
import { hasPlainReplies, PLAIN_REPLIES, withPlainReplies } from './plain-replies.js';
import { readerClient } from './reader-client.js';
import { Readiness } from './readiness.js';
import { causeOf, toStepwellError } from './redis-failure.js';
import { ReadyGate } from './ready-gate.js';
import { unanswered } from './unanswered.js';
import { WakeReader } from './wake-reader.js';

const LAST_WORD_MS = 1000;
/** Who asks whether Redis is ready is not kept waiting for longer; the connection itself goes on trying. */
export const READY_PATIENCE_MS = 15_000;

/**
 * One process' way to one Redis, shared by all queues, workers and event readers with the same connection options:
 * a client for commands, and clients for blocking reads made when first needed. Counts its users and closes with the
 * last one; a client that was passed in stays open.
 *
 * Emits `ready` after each (re)connection, `error` once per outage, and `closed` when its last user lets go.
 */
export class Connection extends EventEmitter<{ ready: []; error: [Error]; closed: [] }> {
  readonly client: RedisClient;
  private readonly readiness: Readiness;
  private readonly owned: boolean;
  private readonly isDefault: boolean;
  private users = 0;
  private isOutageKnown = false;
  private wasReady = false;
  private closed = false;
  /** What went wrong last, while it cannot be reached. */
  trouble: Error | undefined;
  private readonly wakeReaders: ReaderPool<WakeReader>;
  private readonly eventReaders: ReaderPool<EventStreamReader>;

  constructor(
    options: ConnectionOptions,
    readonly runtime: Runtime,
    private readonly forget: () => void,
    skipVersionCheck = false,
  ) {
    super();
    this.setMaxListeners(0);
    this.owned = !isClient(options) || !hasPlainReplies(options);
    this.isDefault = typeof options === 'object' && !isClient(options) && isEmpty(options);
    this.client = isClient(options)
      ? hasPlainReplies(options)
        ? options
        : withPlainReplies(options)
      : new Redis({ ...readConnectionOptions(options as string | IoredisOptions), ...PLAIN_REPLIES });
    this.client.on('error', this.onError);
    this.client.on('close', this.onClose);
    this.client.on('end', this.onEnd);
    this.client.on('ready', this.onReady);
    this.wasReady = this.client.status === 'ready';
    const host: ReaderHost = {
      client: this.client,
      runtime,
      duplicate: () => readerClient(this.client),
      report: (error, what) => this.report(error, what),
      suspect: () => this.suspect(),
    };
    const isShared = !isCluster(this.client);
    this.wakeReaders = new ReaderPool(host, isShared, (owner) => new WakeReader(owner));
    this.eventReaders = new ReaderPool(host, isShared, (owner) => new EventStreamReader(owner));
    this.readiness = new Readiness(
      this.client,
      runtime,
      (sentence) => process.emitWarning(sentence, 'StepwellWarning'),
      () => this.describe(),
      skipVersionCheck,
    );
  }

  /** Settles when the server has been reached and found fit, however long that takes; rejects at the close. */
  get ready(): Promise<void> {
    return this.readiness.first;
  }

  /**
   * Resolves once the server has been reached and found fit. Rejects when that has not happened for 15 s, or the server
   * refuses: another call waits anew.
   */
  waitUntilReady(patienceMs = READY_PATIENCE_MS): Promise<void> {
    return this.readiness.wait(patienceMs);
  }

  /** What the server is asked by hand: rejects with `ConnectionError` where there is no reply for so long. */
  async answerWithin<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
    let timer: Timer | undefined;
    const reply = ask();
    const late = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(unanswered(this.describe(), patienceMs, this.trouble));
      timer = this.runtime.setTimer(giveUp, patienceMs);
    });
    return Promise.race([reply, late]).finally(() => timer?.cancel());
  }

  /** Such as `Redis at 127.0.0.1:6379`. */
  describe(): string {
    return `Redis at ${this.address()}`;
  }

  retain(): this {
    this.users += 1;
    return this;
  }

  async release(): Promise<void> {
    this.users -= 1;
    if (this.users > 0 || this.closed) {
      return;
    }
    this.closed = true;
    this.forget();
    this.emit('closed');
    this.client.off('close', this.onClose);
    this.client.off('end', this.onEnd);
    this.client.off('ready', this.onReady);
    this.readiness.close();
    void this.wakeReaders.stop();
    void this.eventReaders.stop();
    if (!this.owned) {
      this.client.off('error', this.onError);
      return;
    }
    if (this.client.status === 'ready') {
      // A server that hangs, or a connection that is dead without anyone having said so, never replies.
      await within(this.runtime, LAST_WORD_MS, this.client.quit());
    }
    this.client.disconnect();
    ReadyGate.of(this.client).close();
    rejectPending(this.client);
  }

  /**
   * Where workers wait for a queue. One blocking client serves all queues of a server; keys of two cluster slots
   * cannot be read in one call, so there each queue has its own.
   */
  wakeReader(queueBase: string): WakeReader {
    return this.wakeReaders.of(queueBase);
  }

  /** The same, where somebody has waited for that queue. */
  knownWakeReader(queueBase: string): WakeReader | undefined {
    return this.wakeReaders.known(queueBase);
  }

  /** Where events of a queue are read; shared as wake lines are. */
  eventStreamReader(queueBase: string): EventStreamReader {
    return this.eventReaders.of(queueBase);
  }

  private readonly onReady = (): void => {
    this.isOutageKnown = false;
    this.trouble = undefined;
    if (this.wasReady) {
      // Readers go where commands go, and those may have been sent elsewhere since.
      this.wakeReaders.restart();
      this.eventReaders.restart();
    }
    this.wasReady = true;
    this.emit('ready');
  };

  /** Whether the client tries again shows a moment later. */
  private readonly onClose = (): void => {
    this.runtime.setSoon(() => {
      if (this.client.status !== 'end') {
        this.announceOutage('the connection was closed');
      }
    });
  };

  private readonly onEnd = (): void => {
    const why = this.owned ? 'its retryStrategy gave up' : 'the client that was passed in was closed';
    this.announce(
      new ConnectionClosedError(`The connection to Redis at ${this.address()} is not opened again: ${why}.`),
    );
  };

  private readonly onError = (error: Error): void => {
    const cause = causeOf(error);
    this.trouble = cause;
    this.announceOutage(cause.message, { cause });
  };

  private announceOutage(reason: string, options?: ErrorOptions): void {
    if (!this.isOutageKnown) {
      this.isOutageKnown = true;
      const text = `Redis at ${this.address()} cannot be reached: ${reason.replace(/\.$/, '')}. Trying again.`;
      this.announce(new ConnectionError(text, options));
    }
  }

  private announce(error: Error): void {
    if (!this.closed && this.listenerCount('error') > 0) {
      this.emit('error', error);
    }
  }

  /** What does not pass by itself, such as a right that the user of Redis does not have. */
  private report(error: unknown, what: string): void {
    const known = toStepwellError(error);
    this.announce(
      known instanceof RedisReplyError ? new RedisReplyError(`${what}: ${known.message}`) : known,
    );
  }

  /** A reader got no reply: a command finds out whether the server is still there, also where nothing else is sent. */
  private suspect(): void {
    if (!isCluster(this.client) && this.client.status === 'ready') {
      this.client.ping().catch(() => {});
    }
  }

  private address(): string {
    if (isCluster(this.client)) {
      return 'the cluster';
    }
    const { host, port, path, sentinels, name } = this.client.options;
    if (sentinels) {
      const places = sentinels.map((each) => `${each.host ?? '127.0.0.1'}:${each.port ?? 26379}`);
      return `the master "${name}" of the sentinels ${places.join(', ')}`;
    }
    const place = path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`;
    return this.isDefault ? `${place} (the default: no connection is set)` : place;
  }
}

/** No option has a value. */
function isEmpty(options: object): boolean {
  return Object.values(options).every((value) => value === undefined);
}

interface Pending {
  command: { reject: (error: Error) => void };
}

/**
 * A client that is closed while it waits to reconnect leaves what waits with it unanswered for ever, in two places: calls
 * made since, and calls that it would send again.
 */
function rejectPending(client: RedisClient): void {
  const { flushQueue, prevCommandQueue } = client as unknown as {
    flushQueue?: (error: Error) => void;
    prevCommandQueue?: { shift(): Pending | undefined } | null;
  };
  const closed = new Error('Connection is closed.');
  flushQueue?.call(client, closed);
  for (let unsent = prevCommandQueue?.shift(); unsent; unsent = prevCommandQueue?.shift()) {
    unsent.command.reject(closed);
  }
}
