import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { FlowProducer, Queue, QueueEvents, QueueEventsProducer, Worker } from '../../lib/engine.js';
import { startRedis, type LocalRedis } from '../../lib/testing/index.js';
import { next, until } from '../support/engine-lab.js';

const page = readFileSync('docs/guides/redis.md', 'utf8');
const rule = /^ACL SETUSER shop (.+)$/m.exec(page)![1]!.split(' ');
const granted = rule.filter((word) => word.startsWith('+')).map((word) => word.slice(1).split('|')[0]!);

/** What is sent by itself, not by a script. */
const SENT = 'info ping select eval evalsha fcall function multi exec bzpopmin zadd pexpire xread xadd unlink xrange'.split(
  ' ',
);

describe('a user of Redis with the rights of the guide', () => {
  let redis: LocalRedis;
  let admin: Redis;
  const connection = () => ({ host: redis.host, port: redis.port, username: 'shop', password: 'secret' });
  const opts = () => ({ connection: connection(), prefix: 'shop' });
  const parts: { close(): Promise<void> }[] = [];
  const open = <T extends { close(): Promise<void> }>(part: T): T => {
    parts.push(part);
    return part;
  };

  beforeAll(async () => {
    redis = await startRedis({ external: false });
    admin = new Redis(redis.port, redis.host);
    await admin.call('ACL', 'SETUSER', 'shop', ...rule);
  });

  afterEach(async () => void (await Promise.all(parts.splice(0).map((part) => part.close()))));

  afterAll(async () => {
    await admin.quit();
    await redis.stop();
  });

  it('may call each command that is called, and no other', async () => {
    const known = new Set((await admin.call('COMMAND', 'LIST')) as string[]);
    const scripts = readFileSync('lib/redis/scripts.generated.ts', 'utf8');
    const named = [...scripts.matchAll(/'([A-Z]{2,})'/g)].map(([, word]) => word!.toLowerCase());
    const called = new Set([...SENT, ...named.filter((word) => known.has(word))]);
    expect([...granted].sort()).toEqual([...called].sort());
  });

  it('can do everything with queues, and is refused nothing', async () => {
    const queues = ['orders', 'parcels'].map((name) => open(new Queue(name, opts())));
    const [orders, parcels] = queues as [Queue, Queue];
    const events = ['orders', 'parcels'].map((name) => open(new QueueEvents(name, opts())));
    const told: string[] = [];
    for (const each of events) {
      each.on('completed', ({ jobId }) => told.push(jobId));
      await each.waitUntilReady();
    }
    const workers = ['orders', 'parcels'].map((name) =>
      open(
        new Worker(
          name,
          async (job) => {
            await job.updateProgress(50);
            await job.log('half');
            if (job.data === 'fails') throw new Error('as told');
            return job.data;
          },
          { ...opts(), drainDelay: 1 },
        ),
      ),
    );
    const errors: unknown[] = [];
    for (const part of [...queues, ...events, ...workers]) {
      (part as EventEmitter).on('error', (error) => errors.push(error));
    }

    const bulk = await orders.addBulk([
      { name: 'a', data: 1 },
      { name: 'b', data: 2, opts: { priority: 3 } },
      { name: 'c', data: 3, opts: { delay: 20, deduplication: { id: 'once', ttl: 5000 } } },
    ]);
    const results = bulk.map((job) => job.waitUntilFinished(events[0]!, 10_000));
    const failed = next(workers[1]!, 'failed');
    await parcels.add('d', 'fails');
    await failed;
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
    await parcels.retryJobs();
    const flows = open(new FlowProducer(opts()));
    const child = { name: 'child', queueName: 'parcels', data: 4 };
    const flow = await flows.add({ name: 'root', queueName: 'orders', data: 5, children: [child] });
    expect(await flow.job.waitUntilFinished(events[0]!, 10_000)).toBe(5);
    const producer = open(new QueueEventsProducer('orders', opts()));
    await producer.publishEvent({ eventName: 'packed' });
    await until(() => told.includes(flow.children![0]!.job.id));

    await orders.pause();
    await orders.add('e', 0, { delay: 60_000 });
    await orders.promoteJobs();
    expect((await orders.getJobs()).length).toBeGreaterThan(3);
    await orders.getJobLogs('1');
    await orders.rateLimit(10);
    await orders.trimEvents(10);
    await orders.drain(true);
    await orders.clean(0, 0, 'completed');
    await orders.obliterate({ force: true });
    await Promise.all(parts.splice(0).map((part) => part.close()));
    expect(errors).toEqual([]);
    // The client says what it is, which old servers do not know.
    const refusals = (await admin.call('ACL', 'LOG')) as unknown[][];
    expect(
      refusals.map((entry) => entry[entry.indexOf('object') + 1]).filter((o) => o !== 'client|setinfo'),
    ).toEqual([]);
  }, 20_000);

  it('forgets a queue whose flows have jobs that another queue refuses', async () => {
    const queue = open(new Queue('refused', opts()));
    const flows = open(new FlowProducer(opts()));
    queue.on('error', () => {});
    flows.on('error', () => {});
    const far = { name: 'far', queueName: 'parcels', prefix: 'other' };
    await flows.add({ name: 'root', queueName: 'refused', children: [far] });
    await expect(queue.obliterate()).rejects.toThrow(
      'jobs of its flows are to be added to other queues yet: use { force: true } to drop them (next: queue parcels, prefix other)',
    );
    await queue.obliterate({ force: true });
    const left = await admin.keys('shop:{refused}:*');
    expect(left.filter((key) => !/:events$|:writer:/.test(key))).toEqual([]);
  });

  it('is told by events that may not be read, which are read once they may', async () => {
    const events = open(new QueueEvents('hidden', { ...opts(), prefix: 'kept' }));
    const byHand = open(new QueueEvents('hidden', { ...opts(), prefix: 'kept', autorun: false }));
    const errors: Error[] = [];
    for (const each of [events, byHand]) each.on('error', (error) => errors.push(error));
    const refused = {
      code: 'REDIS_REPLY',
      message: expect.stringMatching(
        /look-at-job is refused on the queue hidden \(kept:\{hidden\}:\*\): NOPERM/,
      ),
    };
    await expect(events.waitUntilReady()).rejects.toMatchObject(refused);
    await expect(byHand.run()).rejects.toMatchObject(refused);
    expect(errors.map(({ message }) => message)).toContainEqual(refused.message);
    await admin.call('ACL', 'SETUSER', 'shop', '~kept:*');
    await until(() =>
      events.waitUntilReady().then(
        () => true,
        () => false,
      ),
    );
    await events.close();
    await expect(events.waitUntilReady()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  }, 20_000);

  it('is told of a right that is missing, once, and goes on when it has it', async () => {
    await admin.call('ACL', 'SETUSER', 'shop', '-xread', '-bzpopmin');
    const events = open(new QueueEvents('rights', opts()));
    const worker = open(new Worker('rights', async () => 1, opts()));
    const errors: Error[] = [];
    events.on('error', (error) => errors.push(error));
    worker.on('error', () => {});
    await until(() => errors.length === 2);
    const clients = async () =>
      String(await admin.call('CLIENT', 'LIST'))
        .split('\n')
        .map((line) => /^id=\d+/.exec(line)?.[0]);
    const before = await clients();
    const queue = open(new Queue('rights', opts()));
    const done = next(worker, 'completed');
    await queue.add('a', 0);
    await done;
    expect(await clients()).toEqual(before);
    expect(errors.map(({ message }) => message.replace(/NOPERM.*/, 'NOPERM')).sort()).toEqual([
      'Events cannot be read: NOPERM',
      'Workers cannot wait for jobs: NOPERM',
    ]);
    await admin.call('ACL', 'SETUSER', 'shop', '+xread', '+bzpopmin');
    const told = next(events, 'completed');
    await until(async () => {
      await queue.add('b', 0);
      return Promise.race([
        told.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, 100, false)),
      ]);
    });
    expect(errors).toHaveLength(2);
  }, 20_000);
});
