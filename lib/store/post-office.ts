import { asError } from '../job/job-failure.js';
import type { Connection } from '../redis/connection.js';
import type { Runtime } from '../runtime/runtime.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { Courier } from './courier.js';
import type { CourierOffice } from './courier-office.js';

const offices = new WeakMap<Connection, PostOffice>();

/** The couriers of this process for one Redis: one for each queue that has had something to deliver. */
export class PostOffice implements CourierOffice {
  readonly holder: string;
  readonly runtime: Runtime;
  private readonly couriers = new Map<string, Courier>();
  private readonly runners = new Map<string, ScriptRunner>();
  private closed = false;

  private constructor(private readonly connection: Connection) {
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

  runner(base: string): ScriptRunner {
    let runner = this.runners.get(base);
    if (!runner) {
      runner = new ScriptRunner(this.connection.client, QueueKeys.ofBase(base), this.runtime);
      this.runners.set(base, runner);
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

  failed(error: unknown): void {
    if (this.connection.listenerCount('error') > 0) {
      this.connection.emit('error', asError(error));
    }
  }
}
