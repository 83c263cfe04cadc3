import { describe, expect, it } from '@jest/globals';
import { Queue as BullQueue, QueueEvents as BullEvents, Worker as BullWorker } from 'bullmq';
import { Job, MetricsTime, type Queue } from '../../lib/engine.js';
import { VERSION } from '../../lib/job/version.js';
import { createRequire } from 'node:module';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();
const packageJson = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Runs the same on a queue of BullMQ. */
async function withBull<T>(run: (queue: BullQueue, worker: () => BullWorker) => Promise<T>): Promise<T> {
  const connection = { url: testRedisUrl(), maxRetriesPerRequest: null };
  const opts = { connection, prefix: `${lab.prefix}b` };
  const queue = new BullQueue(lab.name, opts);
  const workers: BullWorker[] = [];
  const worker = (): BullWorker => {
    workers.push(
      new BullWorker(
        lab.name,
        async ({ name }) => {
          if (name === 'bad') throw new Error('as told');
        },
        { ...opts, metrics: { maxDataPoints: MetricsTime.ONE_WEEK } },
      ),
    );
    return workers.at(-1)!;
  };
  try {
    return await run(queue, worker);
  } finally {
    await Promise.all(workers.map((each) => each.close()));
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

type AnyQueue = Pick<
  Queue,
  'addBulk' | 'getMetrics' | 'exportPrometheusMetrics' | 'getRanges' | 'getDelayedCount'
>;

describe('metrics', () => {
  async function endSome(queue: AnyQueue, worker: import('node:events').EventEmitter): Promise<void> {
    const ended = [nextFew(worker, 'completed', 3), nextFew(worker, 'failed', 2)];
    await queue.addBulk(['a', 'b', 'bad', 'c', 'bad'].map((name) => ({ name, data: {} })));
    await Promise.all(ended);
  }

  it('count what completes and what fails, as BullMQ does', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      async ({ name }) => {
        if (name === 'bad') throw new Error('as told');
      },
      { metrics: { maxDataPoints: MetricsTime.ONE_WEEK } },
    );
    await until(async () => (await queue.store.inspect.getSettings()).metricPoints !== undefined);
    await endSome(queue, worker);

    const look = async (from: AnyQueue): Promise<unknown[]> => [
      (await from.getMetrics('completed')).meta.count,
      (await from.getMetrics('failed')).meta.count,
      (await from.exportPrometheusMetrics({ env: 'a"b' }))
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .map((line) => line.replaceAll('"paused"', '"paused"'))
        .sort(),
    ];
    const ours = await look(queue);
    const theirs = await withBull(async (bull, newWorker) => {
      await endSome(bull as unknown as AnyQueue, newWorker());
      return look(bull as unknown as AnyQueue);
    });
    expect(ours.slice(0, 2)).toEqual([3, 2]);
    expect(ours).toEqual(theirs);
  });

  it('are not counted without the option', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => {});
    const ended = next(worker, 'completed');
    await queue.add('a', {});
    await ended;
    expect(await queue.getMetrics('completed')).toEqual({
      meta: { count: 0, prevTS: 0, prevCount: 0 },
      data: [],
      count: 0,
    });
  });
});

describe('who is there', () => {
  it('is listed until it closes', async () => {
    const queue = lab.queue();
    const [first, second] = [lab.worker(async () => {}, { name: 'packer' }), lab.worker(async () => {})];
    const events = await lab.events();
    await until(
      async () => (await queue.getWorkersCount()) === 2 && (await queue.getQueueEvents()).length === 1,
    );
    const workers = await queue.getWorkers();
    expect(workers.map(({ name }) => name).sort()).toEqual([lab.name, 'packer'].sort());
    expect(workers.every((each) => Object.values(each).every((value) => typeof value === 'string'))).toBe(
      true,
    );
    await Promise.all([first.close(), second.close(), events.close()]);
    expect([await queue.getWorkers(), await queue.getQueueEvents()]).toEqual([[], []]);
  });

  it('has as many entries as with BullMQ', async () => {
    const count = await withBull(async (queue, newWorker) => {
      const workers = [newWorker(), newWorker()];
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
      const events = new BullEvents(lab.name, {
        connection: { url: testRedisUrl() },
        prefix: `${lab.prefix}b`,
      });
      await events.waitUntilReady();
      await until(
        async () => (await queue.getWorkersCount()) === 2 && (await queue.getQueueEvents()).length === 1,
      );
      await events.close();
      return queue.getWorkersCount();
    });
    expect(count).toBe(2);
  });
});

describe('what else is asked of a queue', () => {
  it('says what it was set to', async () => {
    const queue = lab.queue({ streams: { events: { maxLen: 500 } } });
    await queue.pause();
    await until(async () => (await queue.getMeta()).maxLenEvents === 500);
    expect(await queue.getMeta()).toEqual({
      paused: true,
      maxLenEvents: 500,
      version: `stepwell:${packageJson.version}`,
    });
    expect(VERSION).toBe(packageJson.version);
  });

  it('lists ids and counts what is due before a time, as BullMQ does', async () => {
    const ask = async (queue: AnyQueue): Promise<unknown[]> => {
      const now = Date.now();
      const delays = [10_000, 20_000, 60_000];
      await queue.addBulk(
        delays.map((delay, i) => ({ name: 'd', data: {}, opts: { delay, jobId: `d${i}` } })),
      );
      await queue.addBulk(['w0', 'w1', 'w2'].map((jobId) => ({ name: 'w', data: {}, opts: { jobId } })));
      return [
        await queue.getRanges(['delayed'], 0, -1, true),
        await queue.getRanges(['wait', 'delayed'], 0, 1, true),
        await queue.getDelayedCount(now + 40_000),
        await queue.getDelayedCount(),
      ];
    };
    const theirs = await withBull((queue) => ask(queue as unknown as AnyQueue));
    expect(await ask(lab.queue())).toEqual(theirs);
    expect(theirs[2]).toBe(2);
  });
});

describe('jobs', () => {
  it('are written as JSON with what BullMQ writes', async () => {
    const opts = { attempts: 3, delay: 60_000, priority: 2, jobId: 'j-1' };
    const parse = (job: unknown): Record<string, unknown> =>
      JSON.parse(JSON.stringify(job)) as Record<string, unknown>;
    const ours = parse(await lab.queue().add('a', { n: 1 }, opts));
    const theirs = await withBull(async (queue) => parse(await queue.add('a', { n: 1 }, opts)));
    expect(Object.keys(theirs).filter((name) => !(name in ours))).toEqual([]);
    for (const name of ['id', 'name', 'data', 'delay', 'priority', 'attemptsMade', 'returnvalue']) {
      expect([name, ours[name]]).toEqual([name, theirs[name]]);
    }
  });

  it('are made by the statics of their class, and from JSON', async () => {
    const queue = lab.queue();
    const job = await Job.create(queue, 'a', { n: 1 }, { jobId: 'one' });
    const [second] = await Job.createBulk(queue, [{ name: 'b', data: 2 }]);
    expect([job.id, second!.name]).toEqual(['one', 'b']);
    expect(await Job.addJobLog(queue, 'one', 'line')).toBe(1);
    expect((await Job.fromId(queue, 'one'))?.data).toEqual({ n: 1 });
    const again = Job.fromJSON(queue, JSON.parse(JSON.stringify(job.asJSON())) as ReturnType<Job['asJSON']>);
    expect(again.toJSON()).toEqual(job.toJSON());
    expect(() => Job.fromJSON({}, job.asJSON())).toThrow('Use a Queue.');
    await again.updateData({ n: 2 });
    expect((await queue.getJob('one'))?.data).toEqual({ n: 2 });
  });

  it('bring the next one when they end by hand', async () => {
    const queue = lab.queue();
    await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: {} })));
    const worker = lab.worker(null);
    const first = (await worker.getNextJob('mine'))!;
    const second = (await first.moveToCompleted(1, 'mine', true))!;
    expect(second.processedOn).toBeGreaterThanOrEqual(first.processedOn!);
    expect(second.name).toBe('b');
    const third = (await second.moveToFailed(new Error('no'), 'mine', true))!;
    expect(third.name).toBe('c');
    expect(await third.moveToCompleted(1, third.token!, true)).toBeUndefined();
    expect(await queue.getJobCounts('completed', 'failed', 'active')).toEqual({
      completed: 2,
      failed: 1,
      active: 0,
    });
  });
});

describe('a queue whose name has braces', () => {
  it('is another one than that without, and its jobs have parents and children', async () => {
    const braced = `{${lab.name}}`;
    const [plain, own] = [lab.queue(), lab.queue({}, braced)];
    await plain.add('plain', {});
    const done = new Gate<unknown>();
    const flows = lab.flows();
    const { job } = await flows.add({
      name: 'top',
      queueName: braced,
      children: [{ name: 'below', queueName: `${braced}-x`, data: {} }],
    });
    expect(job.queueQualifiedName).toBe(`${lab.prefix}:${braced}`);
    lab.worker(async () => 5, {}, `${braced}-x`);
    lab.worker(async (top) => done.open(await top.getChildrenValues()), {}, braced);
    expect(Object.values((await done.passed) as object)).toEqual([5]);
    expect(await plain.getWaitingCount()).toBe(1);
    const keys = await lab.client.keys(`${lab.prefix}:*{${lab.name}}*`);
    expect(keys.filter((key) => !key.includes(`{${lab.name}}`))).toEqual([]);
    expect(await own.getCompletedCount()).toBe(1);
  });

  it('has one tag at most', () => {
    for (const name of ['{}', '{a', 'a}', '{a}{b}', '}a{']) {
      expect(() => lab.queue({}, name)).toThrow(/hash tag/);
    }
  });
});

describe('a deduplication that reschedules', () => {
  it('moves the delayed job, which keeps its id and data', async () => {
    const queue = lab.queue();
    const deduplication = { id: 'x', reschedule: true };
    const first = await queue.add('a', { n: 1 }, { delay: 60_000, deduplication });
    const second = await queue.add('a', { n: 2 }, { delay: 5000, deduplication });
    expect([second.id, second.deduplicated]).toEqual([first.id, true]);
    const stored = (await queue.getJob(first.id))!;
    expect([stored.data, stored.delay]).toEqual([{ n: 1 }, 5000]);
    expect(await queue.getDelayedCount(Date.now() + 10_000)).toBe(1);
    // Without a delay it is due at once.
    const started = next(
      lab.worker(async () => {}),
      'completed',
    );
    await queue.add('a', {}, { deduplication });
    expect((await started)[0].id).toBe(first.id);
  });
});
