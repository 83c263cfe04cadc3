import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { FlowProducer, Queue, QueueEvents, QueueEventsProducer, Worker } from '../../lib/engine.js';
import { aclLine } from '../../lib/cli/print-acl.js';
import * as scripts from '../../lib/redis/scripts.generated.js';
import { accessRule, calledCommands } from '../../lib/redis/access-rule.js';
import { startRedis, type LocalRedis } from '../../lib/testing/index.js';
import { Gate, next, nextFew, until } from '../support/engine-lab.js';

const page = readFileSync('docs/guides/redis.md', 'utf8');
const rule = aclLine(['--prefix', 'shop', '--password-from', 'PASSWORD'], { PASSWORD: 'secret' })
  .split(' ')
  .slice(2);

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

  it('may call what scripts have that is a command, and the guide shows that', async () => {
    const known = new Set((await admin.call('COMMAND', 'LIST')) as string[]);
    // A word of a script that is no command belongs to those that access-rule.ts knows.
    expect(calledCommands().filter((name) => !known.has(name))).toEqual([]);
    expect(/^user shop on resetpass #\S+ (.+)$/m.exec(page)![1]!.split(' ')).toEqual(
      accessRule({ prefix: 'shop' }),
    );
  });

  it('of one queue alone can touch no other', async () => {
    const line = aclLine(
      ['--prefix', 'shop', '--user', 'one', '--queue', 'orders', '--password-from', 'PASSWORD'],
      {
        PASSWORD: 'secret',
      },
    );
    await admin.call('ACL', 'SETUSER', 'one', ...line.split(' ').slice(2));
    const client = new Redis({ ...connection(), username: 'one' });
    expect(await client.exists('shop:{orders}:meta')).toBe(0);
    await expect(client.exists('shop:{parcels}:meta')).rejects.toThrow('NOPERM');
    await expect(client.config('GET', '*')).rejects.toThrow('NOPERM');
    await expect(client.keys('*')).rejects.toThrow('NOPERM');
    await client.quit();
    await admin.call('ACL', 'LOG', 'RESET');
  });

  it('does jobs on a server whose ACL file has that line, and nobody else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepwell-acl-'));
    const file = join(folder, 'users.acl');
    await writeFile(file, `user default off\nuser shop ${rule.join(' ')}\n`);
    const closed = await startRedis({ external: false, args: ['--aclfile', file] });
    const only = { connection: { ...connection(), port: closed.port }, prefix: 'shop' };
    const queue = open(new Queue('orders', only));
    const worker = open(new Worker('orders', async (job) => job.data, only));
    const done = next(worker, 'completed');
    await queue.add('a', 1);
    const [job] = await done;
    expect(job.data).toBe(1);
    await Promise.all(parts.splice(0).map((part) => part.close()));
    await closed.stop();
    await rm(folder, { recursive: true });
  });

  // As some hosted servers have it: nothing is configured, one database, and scripts that somebody else has loaded.
  it('does jobs without EVAL, functions, SELECT, CONFIG, CLIENT and INFO, where the scripts are there', async () => {
    for (const { lua } of Object.values(scripts)) await admin.script('LOAD', lua);
    const left = rule.filter((word) => !/^\+(eval|fcall|function\|load|select|info)$/.test(word));
    await admin.call('ACL', 'SETUSER', 'hosted', ...left);
    const only = { connection: { ...connection(), username: 'hosted' }, prefix: 'shop' };
    const queue = open(new Queue('hosted', only));
    const worker = open(new Worker('hosted', async (job) => job.data, { ...only, concurrency: 5 }));
    const events = open(new QueueEvents('hosted', only));
    const errors: Error[] = [];
    for (const part of [queue, worker, events] as EventEmitter[])
      part.on('error', (error) => errors.push(error));
    await events.waitUntilReady();
    const jobs = await queue.addBulk(
      Array.from({ length: 20 }, (_, data) => ({ name: 'a', data, opts: { delay: data } })),
    );
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10_000)));
    expect(results).toEqual(jobs.map(({ data }) => data));
    await Promise.all(parts.splice(0).map((part) => part.close()));
    expect(errors).toEqual([]);
    await admin.call('ACL', 'LOG', 'RESET');
  });

  it('does jobs without EVAL and functions, where it may load scripts', async () => {
    await admin.script('FLUSH');
    const left = rule.filter((word) => !/^\+(eval|fcall|function\|load|select|info)$/.test(word));
    await admin.call('ACL', 'SETUSER', 'loads', ...left, '+script|load');
    const only = { connection: { ...connection(), username: 'loads' }, prefix: 'shop' };
    const queue = open(new Queue('loads', only));
    // The first add is not known to the server, while the call of the worker that it wakes is: that one comes ahead of it.
    const worker = open(new Worker('loads', async (job) => job.data, { ...only, drainDelay: 60 }));
    const done = nextFew(worker, 'completed', 20);
    const errors: Error[] = [];
    for (const part of [queue, worker] as EventEmitter[]) part.on('error', (error) => errors.push(error));
    await queue.checkRedis();
    await queue.addBulk(Array.from({ length: 20 }, (_, data) => ({ name: 'a', data })));
    await done;
    expect(errors).toEqual([]);
    await admin.call('ACL', 'LOG', 'RESET');
  });

  it('is refused by name without EVAL, functions and SCRIPT LOAD', async () => {
    await admin.script('FLUSH');
    const left = rule.filter((word) => !/^\+(eval|fcall|function\|load|select|info)$/.test(word));
    await admin.call('ACL', 'SETUSER', 'bare', ...left);
    const only = { connection: { ...connection(), username: 'bare' }, prefix: 'shop' };
    const queue = open(new Queue('bare', only));
    queue.on('error', () => {});
    await expect(queue.add('a', 1)).rejects.toThrow(/NOPERM.*'eval'/);
    await expect(queue.checkRedis()).rejects.toMatchObject({ commands: ['eval'] });
    await admin.call('ACL', 'LOG', 'RESET');
  });

  it('is not printed where a name is missing, or would be two words', () => {
    expect(() => aclLine([])).toThrow('--prefix is missing');
    expect(() => aclLine(['--prefix', 'a ~*'])).toThrow('--prefix cannot have a space');
    expect(() => aclLine(['--prefix', 'a', '--password-from', 'NONE'], {})).toThrow('NONE, which is not set');
    expect(aclLine(['--prefix', 'a*b', '--queue', '[x]'])).toContain(String.raw` ~a\*b:{\[x\]}:* `);
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

  it('whose right to scripts is taken away while jobs run has them completed once it is back, and none runs again', async () => {
    const queue = open(new Queue('taken', opts()));
    const release = new Gate();
    const runs: string[] = [];
    const worker = open(
      new Worker(
        'taken',
        async (job) => {
          runs.push(job.id);
          await release.passed;
          return job.data;
        },
        { ...opts(), concurrency: 5, lockDuration: 30_000 },
      ),
    );
    const errors: Error[] = [];
    (worker as EventEmitter).on('error', (error: Error) => errors.push(error));
    const jobs = await queue.addBulk(Array.from({ length: 5 }, (_, data) => ({ name: 'a', data })));
    await until(() => runs.length === 5);
    await admin.call('ACL', 'SETUSER', 'shop', '-fcall', '-eval', '-evalsha');
    release.open();
    await until(() => errors.some(({ message }) => message.includes('NOPERM')));
    await expect(queue.add('b', 0)).rejects.toMatchObject({ code: 'REDIS_REPLY' });
    await admin.call('ACL', 'SETUSER', 'shop', '+fcall', '+eval', '+evalsha');
    const completed = nextFew(worker, 'completed', 5);
    await completed;
    expect(
      (await Promise.all(jobs.map((job) => queue.getJob(job.id)))).map((job) => job!.returnvalue),
    ).toEqual([0, 1, 2, 3, 4]);
    expect(runs).toHaveLength(5);
  }, 20_000);

  it('whose right to scripts is gone can close its workers, as with Redis out of reach', async () => {
    const queue = open(new Queue('gone', opts()));
    const [started, release] = [new Gate(), new Gate()];
    const worker = open(
      new Worker(
        'gone',
        async () => {
          started.open();
          await release.passed;
        },
        { ...opts(), closeTimeout: 300 },
      ),
    );
    const errors: Error[] = [];
    (worker as EventEmitter).on('error', (error: Error) => errors.push(error));
    await queue.add('a', 0);
    await started.passed;
    await admin.call('ACL', 'SETUSER', 'shop', '-fcall', '-eval', '-evalsha');
    release.open();
    await until(() => errors.length > 0);
    await worker.close();
    await admin.call('ACL', 'SETUSER', 'shop', '+fcall', '+eval', '+evalsha');
    expect(errors.map((error) => (error as { code?: string }).code)).toContain('CONNECTION_CLOSED');
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
