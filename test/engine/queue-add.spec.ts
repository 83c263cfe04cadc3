import { Redis } from 'ioredis';
import { describe, expect, it } from '@jest/globals';
import { DataTooLargeError, InvalidOptionError, Job, NotSerializableError, Queue } from '../../lib/engine.js';
import { EngineLab, next } from '../support/engine-lab.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();

describe('add', () => {
  it('answers the job, numbered from 1, with the time of Redis', async () => {
    const queue = lab.queue();
    const before = Date.now();
    const job = await queue.add('paint', { color: 'red' });
    expect(job).toMatchObject({
      id: '1',
      name: 'paint',
      data: { color: 'red' },
      queueName: lab.name,
      prefix: lab.prefix,
      delay: 0,
      priority: 0,
      attemptsMade: 0,
      attemptsStarted: 0,
      progress: 0,
      returnvalue: null,
    });
    expect(job.timestamp).toBeGreaterThanOrEqual(before - 5);
    expect(job.timestamp).toBeLessThanOrEqual(Date.now() + 5);
    expect((await queue.add('paint', {})).id).toBe('2');
    const stored = (await queue.getJob('1'))!;
    expect(stored.toJSON()).toEqual(job.toJSON());
    expect(stored.data).toEqual({ color: 'red' });
    expect(await stored.getState()).toBe('waiting');
  });

  it('keeps options and a timestamp of its own', async () => {
    const queue = lab.queue();
    const opts = {
      attempts: 3,
      backoff: { type: 'fixed', delay: 5 },
      removeOnFail: { age: 3 },
      timestamp: 12_345,
      keepLogs: 2,
    };
    const job = await queue.add('a', 1, opts);
    expect(job.timestamp).toBe(12_345);
    expect((await queue.getJob(job.id))!.opts).toEqual(opts);
  });

  it('takes the options of the queue where the job has none', async () => {
    const queue = lab.queue({ defaultJobOptions: { attempts: 5, delay: 60_000, removeOnComplete: true } });
    const job = await queue.add('a', 1, { attempts: 2 });
    expect(job.opts).toEqual({ attempts: 2, delay: 60_000, removeOnComplete: true });
    expect((await queue.getJob(job.id))!.opts).toEqual(job.opts);
    expect(await job.getState()).toBe('delayed');
    expect(queue.defaultJobOptions).toEqual({ attempts: 5, delay: 60_000, removeOnComplete: true });
  });

  it('with an id in use writes nothing, whatever state that job is in', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const duplicated = next(events, 'duplicated');
    await queue.add('first', { n: 1 }, { jobId: 'mine' });
    const again = await queue.add('second', { n: 2 }, { jobId: 'mine', delay: 1000 });
    expect(again.id).toBe('mine');
    expect((await duplicated)[0]).toEqual({ jobId: 'mine' });
    expect(await queue.getJob('mine')).toMatchObject({ name: 'first', data: { n: 1 } });
    const worker = lab.worker(async () => 1);
    await next(worker, 'completed');
    await queue.add('third', 0, { jobId: 'mine' });
    expect(await queue.getJobCounts()).toEqual({
      waiting: 0,
      prioritized: 0,
      delayed: 0,
      active: 0,
      completed: 1,
      failed: 0,
      'waiting-children': 0,
    });
  });

  it.each([{ jobId: '' }, { jobId: '', delay: 60_000 }])('with %p numbers the job', async (opts) => {
    const queue = lab.queue();

    expect((await queue.add('a', 0, opts)).id).toBe('1');
    expect((await queue.addBulk([{ name: 'a', data: 0, opts }]))[0]!.id).toBe('2');
    const { job, children } = await lab.flows().add({
      name: 'a',
      queueName: queue.name,
      opts,
      children: [{ name: 'b', queueName: queue.name, opts }],
    });
    expect(job.id).toMatch(/.{30}/);
    expect(children![0]!.job.id).not.toBe(job.id);
  });

  it('with an id twice in one bulk adds it once', async () => {
    const queue = lab.queue();
    const jobs = await queue.addBulk(
      ['x', 'y', 'x'].map((jobId, n) => ({ name: `n${n}`, data: n, opts: { jobId } })),
    );
    expect(jobs.map(({ id }) => id)).toEqual(['x', 'y', 'x']);
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['n0', 'n1']);
  });

  it('is told as waiting by this object', async () => {
    const queue = lab.queue();
    const names: string[] = [];
    queue.on('waiting', (job) => names.push(job.name));
    await queue.add('a', 0);
    await queue.addBulk([
      { name: 'b', data: 0 },
      { name: 'c', data: 0 },
    ]);
    expect(names).toEqual(['a', 'b', 'c']);
  });

  it.each(['beside an idle worker', 'alone'])('rejects where the job cannot be made, %s', async (how) => {
    class Fussy extends Job {
      constructor(...parts: ConstructorParameters<typeof Job>) {
        super(...parts);
        if (this.name === 'refused') throw new Error('no job of mine');
      }
    }
    class FussyQueue extends Queue {
      protected override get jobClass() {
        return Fussy;
      }
    }
    const queue = new FussyQueue(lab.name, { connection: testRedisUrl(), prefix: lab.prefix });
    if (how !== 'alone') {
      const worker = lab.worker(() => 1);
      const completed = next(worker, 'completed');
      await queue.add('first', 0);
      await completed;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await expect(queue.add('refused', 0)).rejects.toThrow('no job of mine');
    await expect(queue.addBulk([{ name: 'refused', data: 0 }])).rejects.toThrow('no job of mine');
    await queue.close();
  });

  it('of many in bulk keeps their order and gives rising numbers', async () => {
    const queue = lab.queue();
    const jobs = await queue.addBulk(Array.from({ length: 2500 }, (_, n) => ({ name: 'a', data: n })));
    expect(jobs.map(({ id }) => Number(id))).toEqual(Array.from({ length: 2500 }, (_, n) => n + 1));
    expect((await queue.getWaiting()).map(({ data }) => data)).toEqual(jobs.map(({ data }) => data));
    expect(await queue.addBulk([])).toEqual([]);
  });

  it('refuses bad input before anything is written, in bulk before the first is', async () => {
    const queue = lab.queue();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    await expect(queue.add('a', cycle)).rejects.toThrow(NotSerializableError);
    await expect(queue.add('a', { n: 1n })).rejects.toThrow(NotSerializableError);
    await expect(queue.add('a', 'ä'.repeat(50), { sizeLimit: 100 })).rejects.toThrow(DataTooLargeError);
    await expect(queue.add('', 0)).rejects.toThrow(InvalidOptionError);
    await expect(queue.add('a', 0, { delay: -1 })).rejects.toThrow(InvalidOptionError);
    await expect(
      queue.addBulk([
        { name: 'good', data: 0 },
        { name: 'bad', data: 0, opts: { priority: NaN } },
      ]),
    ).rejects.toThrow(InvalidOptionError);
    expect(await lab.dump()).toEqual({});
    await queue.add('a', 'ä'.repeat(49), { sizeLimit: 100 });
    expect(await queue.getWaitingCount()).toBe(1);
  });
});

describe('a queue', () => {
  it('shares nothing with one of the same name under another prefix', async () => {
    const queue = lab.queue();
    const other = new Queue(lab.name, { connection: testRedisUrl(), prefix: `${lab.prefix}x` });
    await queue.add('a', 0);
    expect(await other.count()).toBe(0);
    expect([queue.qualifiedName, queue.name]).toEqual([`${lab.prefix}:${lab.name}`, lab.name]);
    await other.close();
  });

  it('takes a client of yours, and never closes it', async () => {
    const client = new Redis(testRedisUrl());
    const queue = lab.queue({ connection: client });
    const worker = lab.worker(async () => 1, { connection: client });
    const events = await lab.events({ connection: client });
    const completed = next(events, 'completed');
    await queue.add('a', 0);
    await completed;
    expect(await queue.client).toBe(client);
    await Promise.all([queue.close(), worker.close(), events.close()]);
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
    // What listened to it is gone again, so it may be used by many queues in turn.
    expect(['error', 'close', 'ready'].map((event) => client.listenerCount(event))).toEqual([0, 0, 0]);
    await client.quit();
  });

  it('takes options with a url, and plain options', async () => {
    const { hostname, port } = new URL(testRedisUrl());
    const queue = lab.queue({ connection: { url: testRedisUrl() } });
    const same = lab.queue({ connection: { host: hostname, port: Number(port) } });
    await queue.add('a', 0);
    expect(await same.getWaitingCount()).toBe(1);
  });

  it('may be closed twice, and closes after what is on its way', async () => {
    const queue = lab.queue();
    const adding = Promise.all(Array.from({ length: 500 }, (_, n) => queue.add('a', n)));
    await queue.waitUntilReady();
    const later = Promise.all(Array.from({ length: 500 }, (_, n) => queue.add('b', n)));
    await Promise.all([queue.close(), queue.close()]);
    await queue.close();
    expect((await adding).length + (await later).length).toBe(1000);
    expect(await lab.queue().getWaitingCount()).toBe(1000);
  });

  it('that is closed refuses what comes later, at once and typed', async () => {
    const queue = lab.queue();
    await queue.waitUntilReady();
    await queue.close();
    const from = Date.now();
    await expect(queue.add('a', 0)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await expect(queue.getWaitingCount()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    await expect(queue.remove('1')).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(Date.now() - from).toBeLessThan(500);
  });
});
