import { UnreadableValueError } from '../job/errors.js';
import { asError } from '../job/job-failure.js';
import type { Connection } from '../redis/connection.js';
import type { Runtime } from '../runtime/runtime.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { Calls } from './calls.js';
import { Courier } from './courier.js';
import type { CourierOffice } from './courier-office.js';

const offices = new WeakMap<Connection, PostOffice>();

/** Runners beyond that many are forgotten: they hold nothing that cannot be made again. */
const MOST_RUNNERS = 200;

/** The couriers of this process for one Redis: one for each queue that has something to deliver. */
export class PostOffice implements CourierOffice {
  readonly holder: string;
  readonly runtime: Runtime;
  private readonly couriers = new Map<string, Courier>();
  /** The least recently used first. */
  private readonly runners = new Map<string, ScriptRunner>();
  /** Delivery is nobody's call: it goes on for as long as the connection is used. */
  private readonly calls: Calls;
  private closed = false;

  private constructor(private readonly connection: Connection) {
    this.calls = new Calls(connection);
    this.runtime = connection.runtime;
    this.holder = connection.runtime.uniqueId();
    let isFirst = connection.client.status !== 'ready';
    const repeat = (): void => {
      if (!isFirst) {
        this.couriers.forEach((courier) => courier.repeat());
      }
      isFirst = false;
    };
    connection.on('ready', repeat);
    connection.once('closed', () => {
      connection.off('ready', repeat);
      this.closed = true;
      this.calls.close('The connection was closed.');
      this.couriers.forEach((courier) => courier.close());
    });
  }

  static of(connection: Connection): PostOffice {
    const known = offices.get(connection);
    if (known) {
      return known;
    }
    const office = new PostOffice(connection);
    offices.set(connection, office);
    return office;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** The courier of the queue whose keys begin so. */
  courier(base: string): Courier {
    let courier = this.couriers.get(base);
    if (!courier) {
      courier = new Courier(this, base);
      this.couriers.set(base, courier);
    }
    return courier;
  }

  rested(base: string, courier: Courier): void {
    if (this.couriers.get(base) === courier) {
      this.couriers.delete(base);
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
    this.courier(base).nudge(lookInMs);
  }

  /** Resolves when nothing is being delivered. */
  async idle(): Promise<void> {
    await Promise.all([...this.couriers.values()].map((courier) => courier.idle()));
  }

  /** Resolves when nothing of that queue is being delivered. */
  async idleAt(base: string): Promise<void> {
    await this.couriers.get(base)?.idle();
  }

  isIdleAt(base: string): boolean {
    return this.couriers.get(base)?.isIdle ?? true;
  }

  /** How many it holds. */
  get held(): { couriers: number; runners: number } {
    return { couriers: this.couriers.size, runners: this.runners.size };
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
