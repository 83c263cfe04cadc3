import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { Redis, type RedisOptions } from 'ioredis';
import {
  type BatchOptions,
  type BatchProcessor,
  FlowProducer,
  type FlowProducerOptions,
  type Processor,
  Queue,
  QueueEvents,
  type QueueEventsOptions,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from '../../lib/engine.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';
import { type LocalRedis, startRedis, type StartRedisOptions } from '../../lib/testing/index.js';
import { auditQueue } from './audit-queue.js';
import { dumpQueue, type QueueDump } from './dump-queue.js';
import { randomPrefix, randomQueueName } from './queue-name.js';
import { connectTestRedis, testRedisUrl } from './redis.js';

export interface EngineLabOptions {
  /** Starts a server for this file alone, which it may stop and kill. */
  redis?: StartRedisOptions;
  /** Codes of errors that are no surprise, such as `CONNECTION` where Redis is killed. */
  expectedErrors?: readonly string[];
}

const POLL_MS = 5;
const PATIENCE_MS = 10_000;

/**
 * For tests of the engine through its public API: a queue of its own for each case. What a case opens is closed after it,
 * the queues it used are audited, and an error event that the case did not take fails it.
 */
export class EngineLab {
  /** The server of the lab's own, where it has one. */
  redis!: LocalRedis;
  client!: Redis;
  readonly prefix = randomPrefix();
  name = randomQueueName();
  private url = testRedisUrl();
  private readonly names = new Set<string>();
  private readonly workers: Worker[] = [];
  private readonly others: (Queue | QueueEvents | FlowProducer)[] = [];
  private errors: Error[] = [];

  private constructor(private readonly options: EngineLabOptions) {}

  /** Opens a lab for the test file that calls this. */
  static open(options: EngineLabOptions = {}): EngineLab {
    const lab = new EngineLab(options);
    beforeAll(async () => {
      if (options.redis) {
        lab.redis = await startRedis({ ...options.redis, external: false });
        lab.url = lab.redis.url;
        lab.client = new Redis(lab.url, { maxRetriesPerRequest: null });
        lab.client.on('error', () => {});
      } else {
        lab.client = connectTestRedis();
      }
    });
    beforeEach(() => {
      lab.name = randomQueueName();
    });
    afterEach(() => lab.finishCase(), 60_000);
    afterAll(async () => {
      await lab.client.quit();
      await (lab.redis as LocalRedis | undefined)?.stop();
    });
    return lab;
  }

  /** Where the lab's server is, with options of one's own. */
  connection(options: RedisOptions = {}): RedisOptions & { url: string } {
    return { url: this.url, ...options };
  }

  get keys(): QueueKeys {
    return new QueueKeys(this.prefix, this.name);
  }

  queue<D = any, R = any, N extends string = string>(
    opts: Partial<QueueOptions> = {},
    name = this.name,
  ): Queue<D, R, N> {
    const queue = new Queue<D, R, N>(name, { connection: this.url, prefix: this.prefix, ...opts });
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
      connection: this.url,
      prefix: this.prefix,
      ...opts,
    });
    return this.kept(worker, name);
  }

  /** A worker whose processor gets batches. */
  batches<D = any, R = any, N extends string = string>(
    processor: BatchProcessor<D, R, N>,
    batch: BatchOptions,
    opts: Partial<WorkerOptions> = {},
    name = this.name,
  ): Worker<D, R, N> {
    const { batch: _none, ...rest } = opts;
    const options = { connection: this.url, prefix: this.prefix, ...rest, batch };
    return this.kept(new Worker<D, R, N>(name, processor, options), name);
  }

  private kept<D, R, N extends string>(worker: Worker<D, R, N>, name: string): Worker<D, R, N> {
    worker.on('error', this.keepError);
    this.names.add(name);
    this.workers.push(worker as unknown as Worker);
    return worker;
  }

  flows(opts: Partial<FlowProducerOptions> = {}): FlowProducer {
    const flows = new FlowProducer({ connection: this.url, prefix: this.prefix, ...opts });
    flows.on('error', this.keepError);
    this.others.push(flows);
    return flows;
  }

  /** Resolves once what happens from now on will be told. */
  async events(opts: Partial<QueueEventsOptions> = {}, name = this.name): Promise<QueueEvents> {
    const events = new QueueEvents(name, { connection: this.url, prefix: this.prefix, ...opts });
    events.on('error', this.keepError);
    this.names.add(name);
    this.others.push(events);
    await events.waitUntilReady();
    return events;
  }

  /** A connection of this case alone, whose readers `loseReaders` finds. */
  named(): { connection: RedisOptions & { url: string } } {
    return { connection: this.connection({ connectionName: this.name }) };
  }

  /** Closes the connections on which named readers wait for events. */
  async loseReaders(): Promise<void> {
    const clients = (await this.client.client('LIST')) as string;
    const ids = clients
      .split('\n')
      .flatMap((line) =>
        line.includes(` name=${this.name} `) ? (/^id=(\d+) .*cmd=xread /.exec(line)?.[1] ?? []) : [],
      );
    await Promise.all(ids.map((id) => this.client.client('KILL', 'ID', id)));
  }

  /** Without those who are there: it comes and goes with them. */
  async dump(name = this.name): Promise<QueueDump> {
    const { present: _present, ...dump } = await dumpQueue(this.client, this.prefix, name);
    return dump;
  }

  audit(name = this.name): Promise<string[]> {
    return auditQueue(this.client, this.prefix, name);
  }

  /** Error events so far, which the case then knows of. */
  takeErrors(): Error[] {
    return this.errors.splice(0);
  }

  private readonly keepError = (error: Error): void => {
    if (!this.options.expectedErrors?.includes((error as { code?: string }).code ?? '')) {
      this.errors.push(error);
    }
  };

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
