import { EventEmitter } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { ConnectionError, InvalidOptionError } from '../job/errors.js';
import type { Runtime } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import { isClient, isCluster, type ConnectionOptions, type RedisClient } from './client.js';
import { toStepwellError, withoutSecrets } from './redis-failure.js';
import { EventLine } from './event-line.js';
import { checkServer } from './server-check.js';
import { WakeLine } from './wake-line.js';

const MAX_RECONNECT_MS = 500;
const RETRIES_PER_REQUEST = 30;
const LAST_WORD_MS = 1000;
/** A connection on which an answer is due for so long is dead, even where nobody closed it. */
const SILENCE_MS = 10_000;

/**
 * One process' way to one Redis, shared by all queues, workers and event readers with the same connection options:
 * a client for commands, and clients for blocking reads made when first needed. Counts its users and closes with the
 * last one; a client that was passed in stays open.
 *
 * Emits `ready` after each (re)connection, `error` once per outage, and `closed` when its last user lets go.
 */
export class Connection extends EventEmitter<{ ready: []; error: [Error]; closed: [] }> {
  readonly client: RedisClient;
  /** Settles when the server has been reached and found fit. */
  readonly ready: Promise<void>;
  private readonly owned: boolean;
  private users = 0;
  private outageTold = false;
  private closed = false;
  private readonly wakeLines = new Map<string, WakeLine>();
  private readonly eventLines = new Map<string, EventLine>();

  constructor(
    options: ConnectionOptions,
    readonly runtime: Runtime,
    private readonly forget: () => void,
  ) {
    super();
    this.setMaxListeners(0);
    this.owned = !isClient(options);
    this.client = isClient(options)
      ? options
      : new Redis({ ...clientOptions(options), replyMapping: 'legacy' });
    this.client.on('error', this.onError);
    this.client.on('close', this.onClose);
    this.client.on('ready', this.onReady);
    this.ready = this.check();
    this.ready.catch(() => {});
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
    this.client.off('ready', this.onReady);
    for (const line of [...this.wakeLines.values(), ...this.eventLines.values()]) {
      line.close();
    }
    if (!this.owned) {
      this.client.off('error', this.onError);
      return;
    }
    if (this.client.status === 'ready') {
      // A server that hangs, or a connection that is dead without anyone having said so, never answers.
      await within(this.runtime, LAST_WORD_MS, this.client.quit());
    }
    this.client.disconnect();
    rejectPending(this.client);
  }

  /** A client of its own for blocking reads, to be closed by the caller. */
  duplicate(): RedisClient {
    const client: RedisClient = isCluster(this.client)
      ? this.client.duplicate()
      : this.client.duplicate({
          maxRetriesPerRequest: null,
          enableOfflineQueue: true,
          lazyConnect: false,
          // Blocking reads are silent by design; whoever sends them watches them.
          ...({ socketTimeout: undefined } as RedisOptions),
        });
    // The main client tells of outages; this one only must not throw.
    client.on('error', () => {});
    return client;
  }

  /**
   * Where workers wait for a queue. One blocking client serves all queues of a server; keys of two cluster slots
   * cannot be read in one call, so there each queue has its own.
   */
  wakeLine(queueBase: string): WakeLine {
    const base = this.lineBase(queueBase);
    let line = this.wakeLines.get(base);
    if (!line) {
      line = new WakeLine(this, base);
      this.wakeLines.set(base, line);
    }
    return line;
  }

  /** Where events of a queue are read; shared as wake lines are. */
  eventLine(queueBase: string): EventLine {
    const base = this.lineBase(queueBase);
    let line = this.eventLines.get(base);
    if (!line) {
      line = new EventLine(this, base);
      this.eventLines.set(base, line);
    }
    return line;
  }

  private lineBase(queueBase: string): string {
    return isCluster(this.client) ? queueBase : 'stepwell:';
  }

  private async check(): Promise<void> {
    const warning = await checkServer(this.client).catch((error: unknown) => {
      throw toStepwellError(error);
    });
    if (warning) {
      process.emitWarning(warning, 'StepwellWarning');
    }
  }

  private readonly onReady = (): void => {
    this.outageTold = false;
    this.emit('ready');
  };

  private readonly onClose = (): void => {
    this.tell('the connection was closed');
  };

  private readonly onError = (error: Error): void => {
    this.tell(withoutSecrets(error.message || (error as NodeJS.ErrnoException).code || error.name));
  };

  private tell(reason: string): void {
    if (this.outageTold || this.closed) {
      return;
    }
    this.outageTold = true;
    if (this.listenerCount('error') > 0) {
      this.emit(
        'error',
        new ConnectionError(`Redis at ${this.address()} cannot be reached: ${reason}. Trying again.`),
      );
    }
  }

  private address(): string {
    if (isCluster(this.client)) {
      return 'the cluster';
    }
    const { host, port, path } = this.client.options;
    return path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`;
  }
}

function clientOptions(options: string | (RedisOptions & { url?: string })): RedisOptions {
  const defaults: RedisOptions = {
    maxRetriesPerRequest: RETRIES_PER_REQUEST,
    // A server that loads its data tells how long it expects to take, which is often far too long.
    maxLoadingRetryTime: MAX_RECONNECT_MS,
    socketTimeout: SILENCE_MS,
    // A socket that does not end by itself keeps the process alive for so long.
    disconnectTimeout: 200,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times - 1, 10), MAX_RECONNECT_MS),
    // After a failover the old master answers READONLY until it is left.
    reconnectOnError: (error) => (error.message.includes('READONLY') ? 2 : false),
  };
  if (typeof options === 'string') {
    return { ...defaults, ...urlOptions(options) };
  }
  const { url, ...rest } = options;
  return { ...defaults, ...(url ? urlOptions(url) : {}), ...rest };
}

/** The URL is never shown: it may hold a password. */
function urlOptions(url: string): RedisOptions {
  const parsed = parseUrl(url);
  const db = parsed.pathname.slice(1);
  if (!/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '' || !/^\d*$/.test(db)) {
    throw badUrl();
  }
  const options: RedisOptions = {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6379),
  };
  if (parsed.username) options.username = decodeURIComponent(parsed.username);
  if (parsed.password) options.password = decodeURIComponent(parsed.password);
  if (db) options.db = Number(db);
  if (parsed.protocol === 'rediss:') options.tls = {};
  return options;
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw badUrl();
  }
}

function badUrl(): InvalidOptionError {
  return new InvalidOptionError(
    'connection',
    undefined,
    'Use a URL such as redis://user:password@host:6379/0.',
  );
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
