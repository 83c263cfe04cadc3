import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import type { Redis } from 'ioredis';
import {
  type Processor,
  Queue,
  QueueEvents,
  type QueueEventsOptions,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from '../../lib/engine.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { auditQueue } from './audit-queue.js';
import { dumpQueue, type QueueDump } from './dump-queue.js';
import { randomPrefix, randomQueueName } from './queue-name.js';
import { connectTestRedis, testRedisUrl } from './redis.js';

const POLL_MS = 5;
const PATIENCE_MS = 10_000;

/**
 * For tests of the engine through its public API: a queue of its own for each case. What a case opens is closed after it,
 * the queues it used are audited, and an error event that the case did not take fails it.
 */
export class EngineLab {
  readonly client: Redis = connectTestRedis();
  readonly prefix = randomPrefix();
  name = randomQueueName();
  private readonly names = new Set<string>();
  private readonly workers: Worker[] = [];
  private readonly others: (Queue | QueueEvents)[] = [];
  private errors: Error[] = [];

  /** Opens a lab for the test file that calls this. */
  static open(): EngineLab {
    const lab = new EngineLab();
    beforeEach(() => {
      lab.name = randomQueueName();
    });
    afterEach(() => lab.finishCase());
    afterAll(async () => {
      await lab.client.quit();
    });
    return lab;
  }

  get keys(): QueueKeys {
    return new QueueKeys(this.prefix, this.name);
  }

  queue<D = any, R = any, N extends string = string>(
    opts: Partial<QueueOptions> = {},
    name = this.name,
  ): Queue<D, R, N> {
    const queue = new Queue<D, R, N>(name, { connection: testRedisUrl(), prefix: this.prefix, ...opts });
    queue.on('error', this.keepError);
    this.names.add(name);
    this.others.push(queue as unknown as Queue);
    return queue;
  }

  worker<D = any, R = any, N extends string = string>(
    processor: Processor<D, R, N> | null,
    opts: Partial<WorkerOptions> = {},
    name = this.name,
  ): Worker<D, R, N> {
    const worker = new Worker<D, R, N>(name, processor, {
      connection: testRedisUrl(),
      prefix: this.prefix,
      ...opts,
    });
    worker.on('error', this.keepError);
    this.names.add(name);
    this.workers.push(worker as unknown as Worker);
    return worker;
  }

  /** Resolves once what happens from now on will be told. */
  async events(opts: Partial<QueueEventsOptions> = {}, name = this.name): Promise<QueueEvents> {
    const events = new QueueEvents(name, { connection: testRedisUrl(), prefix: this.prefix, ...opts });
    events.on('error', this.keepError);
    this.names.add(name);
    this.others.push(events);
    await events.waitUntilReady();
    return events;
  }

  dump(name = this.name): Promise<QueueDump> {
    return dumpQueue(this.client, this.prefix, name);
  }

  audit(name = this.name): Promise<string[]> {
    return auditQueue(this.client, this.prefix, name);
  }

  /** Error events so far, which the case then knows of. */
  takeErrors(): Error[] {
    return this.errors.splice(0);
  }

  private readonly keepError = (error: Error): void => void this.errors.push(error);

  private async finishCase(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.close(true)));
    await Promise.all(this.others.splice(0).map((other) => other.close()));
    const violations: string[] = [];
    for (const name of this.names) {
      violations.push(...(await this.audit(name)));
      const left = await this.client.keys(`${new QueueKeys(this.prefix, name).base}*`);
      if (left.length > 0) await this.client.unlink(left);
    }
    this.names.clear();
    // oxlint-disable-next-line jest/no-standalone-expect -- runs after each test
    expect({ violations, errors: this.takeErrors() }).toEqual({ violations: [], errors: [] });
  }
}

/** Arguments of the next event of that name. */
export async function next(emitter: EventEmitter, event: string): Promise<any[]> {
  const [args] = await nextFew(emitter, event, 1);
  return args!;
}

/** Arguments of the next so many events of that name. */
export function nextFew(emitter: EventEmitter, event: string, count: number): Promise<any[][]> {
  const all: any[][] = [];
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${all.length} of ${count} ${event} events came`)),
      PATIENCE_MS,
    );
    const listener = (...args: any[]): void => {
      all.push(args);
      if (all.length === count) {
        clearTimeout(late);
        emitter.off(event, listener);
        resolve(all);
      }
    };
    emitter.on(event, listener);
  });
}

/** For what no event tells of. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not so after ${patienceMs} ms: ${holds}`);
    await sleep(POLL_MS);
  }
}

/** A promise that others wait for. */
export class Gate<T = void> {
  open!: (value: T) => void;
  readonly passed = new Promise<T>((resolve) => (this.open = resolve));
}
