import { EventEmitter } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { ConnectionError } from '../job/errors.js';
import { within } from '../lifecycle/within.js';
import { isClient, isCluster, type ConnectionOptions, type RedisClient } from './client.js';
import { readConnectionOptions } from './connection-options.js';
import { addressOf, outlookOf } from './describe-client.js';
import { causeOf, toStepwellError } from './redis-failure.js';
import { EventLine } from './event-line.js';
import { checkServer } from './server-check.js';
import { WakeLine } from './wake-line.js';

const LAST_WORD_MS = 1000;

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
    private readonly forget: () => void,
  ) {
    super();
    this.setMaxListeners(0);
    this.owned = !isClient(options);
    this.client = isClient(options)
      ? options
      : new Redis({ ...readConnectionOptions(options), replyMapping: 'legacy' });
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
      await within(LAST_WORD_MS, this.client.quit());
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
    this.tell(new Error('the connection was closed'));
  };

  private readonly onError = (error: Error): void => {
    this.tell(error);
  };

  private tell(error: Error): void {
    if (this.outageTold || this.closed) {
      return;
    }
    this.outageTold = true;
    if (this.listenerCount('error') > 0) {
      const cause = causeOf(error);
      const outlook = outlookOf(this.client, this.owned);
      const text = `${addressOf(this.client)} cannot be reached: ${cause.message}. ${outlook}`;
      this.emit('error', new ConnectionError(text, { cause }));
    }
  }
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
