import { UnreadableValueError } from '../job/errors.js';
import { asError } from '../job/job-failure.js';
import type { Connection } from '../redis/connection.js';
import { Service } from '../runtime/service.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { Calls } from './calls.js';
import { QueueRelay } from './queue-relay.js';
import type { RelayHost } from './relay-host.js';

const relays = new WeakMap<Connection, OutboxRelay>();

/** Runners beyond that many are forgotten: they hold nothing that cannot be made again. */
const MOST_RUNNERS = 200;

/** The relays of this process for one Redis: one for each queue that has something to deliver. */
export class OutboxRelay extends Service implements RelayHost {
  readonly holder: string;
  private readonly byQueue = new Map<string, QueueRelay>();
  /** The least recently used first. */
  private readonly runners = new Map<string, ScriptRunner>();
  /** Delivery is nobody's call: it goes on for as long as the connection is used. */
  private readonly calls: Calls;

  private constructor(private readonly connection: Connection) {
    super(connection.runtime);
    this.calls = new Calls(connection);
    this.holder = connection.runtime.uniqueId();
    let isFirst = connection.client.status !== 'ready';
    const repeat = (): void => {
      if (!isFirst) {
        this.byQueue.forEach((relay) => relay.repeat());
      }
      isFirst = false;
    };
    connection.on('ready', repeat);
    connection.once('closed', () => {
      connection.off('ready', repeat);
      void this.stop();
    });
  }

  static of(connection: Connection): OutboxRelay {
    const known = relays.get(connection);
    if (known) {
      return known;
    }
    const relay = new OutboxRelay(connection);
    relays.set(connection, relay);
    return relay;
  }

  protected onStop(): void {
    this.calls.close('The connection was closed.');
    this.byQueue.forEach((relay) => void relay.stop());
  }

  /** The relay of the queue whose keys begin so. */
  queueRelay(base: string): QueueRelay {
    let queueRelay = this.byQueue.get(base);
    if (!queueRelay) {
      queueRelay = new QueueRelay(this, base);
      this.byQueue.set(base, queueRelay);
      if (this.isStopped) void queueRelay.stop();
    }
    return queueRelay;
  }

  rested(base: string, queueRelay: QueueRelay): void {
    if (this.byQueue.get(base) === queueRelay) {
      this.byQueue.delete(base);
    }
  }

  runner(base: string): ScriptRunner {
    const runner =
      this.runners.get(base) ??
      new ScriptRunner(this.connection.client, QueueKeys.ofBase(base), this.runtime);
    this.runners.delete(base);
    this.runners.set(base, runner);
    const [oldest] = this.runners.keys();
    if (this.runners.size > MOST_RUNNERS && oldest !== undefined) {
      this.runners.delete(oldest);
    }
    return runner;
  }

  nudge(base: string, lookInMs: number): void {
    this.queueRelay(base).nudge(lookInMs);
  }

  /** Resolves when nothing is being delivered. */
  async idle(): Promise<void> {
    await Promise.all([...this.byQueue.values()].map((relay) => relay.idle()));
  }

  /** Resolves when nothing of that queue is being delivered. */
  async idleAt(base: string): Promise<void> {
    await this.byQueue.get(base)?.idle();
  }

  isIdleAt(base: string): boolean {
    return this.byQueue.get(base)?.isIdle ?? true;
  }

  /** How many it holds. */
  get held(): { queues: number; runners: number } {
    return { queues: this.byQueue.size, runners: this.runners.size };
  }

  call(run: () => Promise<unknown>): Promise<unknown> {
    return this.calls.repeatable(run);
  }

  laidAside(base: string, count: number): void {
    if (count > 0) {
      const keys = QueueKeys.ofBase(base);
      const what = `${count === 1 ? 'A message' : `${count} messages`} between queues`;
      this.failed(
        new UnreadableValueError(what, `kept in ${keys.of('unreadable')}, and delivered to nobody.`),
      );
    }
  }

  failed(error: unknown): void {
    if (this.connection.listenerCount('error') > 0) {
      this.connection.emit('error', asError(error));
    }
  }
}
