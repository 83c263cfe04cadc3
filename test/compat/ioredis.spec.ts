import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient } from '@redis/client';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5, type RedisOptions as RedisOptions5 } from 'ioredis5';
import * as bull from '../../lib/compat/bullmq/index.js';
import { BullModule } from '../../lib/compat/nestjs-bullmq/index.js';
import * as engine from '../../lib/engine.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';
import { until } from './both.js';

const { hostname: host, port } = new URL(testRedisUrl());
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const at = { host, port: Number(port), maxRetriesPerRequest: null };
const clients = {
  'ioredis 5': () => new Redis5(at),
  'ioredis 6': () => new Redis(at),
  'ioredis 5, lazy': () => new Redis5({ ...at, lazyConnect: true, enableReadyCheck: false }),
  'ioredis 5 by its subclass': () => new (class Own extends Redis5 {})(at),
};

/** A queue that is used in all ways: adds, runs, events, delays, flows, schedulers. */
async function use(lib: typeof bull | typeof engine, connection: any, prefix: string): Promise<unknown> {
  const name = randomQueueName();
  const opts = { connection: connection as string, prefix };
  const queue = new lib.Queue(name, opts);
  const events = new lib.QueueEvents(name, opts);
  const flows = new lib.FlowProducer(opts);
  const done: string[] = [];
  const worker = new lib.Worker(
    name,
    async (job: { name: string; attemptsMade: number }) => {
      if (job.name === 'again' && job.attemptsMade === 0) throw new Error('again');
      done.push(job.name);
      return job.name;
    },
    { ...opts, concurrency: 5 },
  );
  closing.push(async () => {
    await worker.close();
    for (const part of [events, flows]) await part.close();
    await queue.obliterate({ force: true });
    await queue.close();
  });
  await events.waitUntilReady();
  const job = await queue.add('plain', { text: 'ü✓' });
  const result: unknown = await job.waitUntilFinished(events as never);
  await queue.addBulk([
    { name: 'again', data: {}, opts: { attempts: 2, backoff: { type: 'fixed', delay: 5 } } },
    { name: 'later', data: {}, opts: { delay: 20 } },
  ]);
  await flows.add({ name: 'top', queueName: name, children: [{ name: 'below', queueName: name }] });
  await queue.upsertJobScheduler('s', { every: 60_000 }, { name: 'slot' });
  await until(async () => done.length === 6);
  await until(async () => (await queue.getCompletedCount()) === 6);
  return [result, done.toSorted(), (await queue.getWorkers()).length];
}

const EXPECTED = ['plain', ['again', 'below', 'later', 'plain', 'slot', 'top'], 1];

describe.each(Object.keys(clients) as (keyof typeof clients)[])('a client of %s', (kind) => {
  it.each([
    ['stepwell/bullmq', bull],
    ['stepwell/engine', engine],
  ] as const)('carries all of %s, and stays open', async (_name, lib) => {
    const client = clients[kind]();
    closing.push(() => client.disconnect());
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    expect(await use(lib, client, 'io-clients')).toEqual(EXPECTED);
    for (const close of closing.splice(1)) await close();
    expect(await client.ping()).toBe('PONG');
    expect(errors).toEqual([]);
  });
});

describe('options of ioredis 5 and 6', () => {
  it('are taken by their own types', async () => {
    const five: RedisOptions5 = { ...at, connectTimeout: 5000, enableReadyCheck: true };
    const six: RedisOptions = { ...at, connectTimeout: 5000 };
    expect(await use(bull, five, 'io-options')).toEqual(EXPECTED);
    expect(await use(engine, six, 'io-options')).toEqual(EXPECTED);
  });

  it('compile with every class', () => {
    const five: RedisOptions5 = at;
    // Types alone: none of these is called.
    const parts = (client: Redis5 | Redis, cluster: Cluster5 | Cluster): unknown => [
      new bull.Queue('q', { connection: five }),
      new bull.Worker('q', null, { connection: client }),
      new bull.QueueEvents('q', { connection: cluster }),
      new engine.Queue('q', { connection: five }),
      new engine.Queue('q', { connection: client }),
      new engine.Worker('q', null, { connection: cluster }),
      new engine.QueueEvents('q', { connection: client }),
      new engine.FlowProducer({ connection: client }),
      BullModule.forRoot({ connection: five }),
      BullModule.forRoot({ connection: client }),
    ];
    expect(typeof parts).toBe('function');
  });
});

describe('a client of node-redis', () => {
  it.each([
    ['stepwell/bullmq', bull],
    ['stepwell/engine', engine],
  ] as const)('is refused by name in %s', (_name, lib) => {
    const client = createClient({ url: testRedisUrl() });
    const make = [
      () => new lib.Queue('q', { connection: client as never }),
      () => new lib.Worker('q', null, { connection: client as never }),
      () => new lib.QueueEvents('q', { connection: client as never }),
      () => new lib.FlowProducer({ connection: client as never }),
    ];
    for (const each of make) {
      expect(each).toThrow(/Invalid connection: .*package redis.*ioredis/);
    }
  });
});
