import { describe, it } from '@jest/globals';
import { type Bench, expectSame, thrown, until } from './both.js';

const newQueue = ({ lib, name, opts, use }: Bench) => use(new lib.Queue(name, opts));

describe('a queue', () => {
  it('adds jobs with the same fields', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const jobs = [
        await queue.add('plain', { n: 1 }),
        await queue.add('all', [1], { attempts: 3, backoff: 500, delay: 60_000, priority: 5, lifo: true }),
        await queue.add('own', 'text', {
          jobId: 'a:b:c',
          removeOnComplete: { age: 5, count: 3 },
          removeOnFail: 7,
        }),
        await queue.add('own', 'other', { jobId: 'a:b:c' }),
        ...(await queue.addBulk([
          { name: 'b1', data: null as never, opts: { jobId: 'b1' } },
          { name: 'b2', data: {}, opts: { jobId: 'long-'.repeat(100) } },
        ])),
      ];
      const stored = await Promise.all(jobs.map((job) => queue.getJob(job.id!)));
      const look = (job: any) => [
        ...[job.id, job.name, job.data, job.delay ?? 0, job.priority, job.attemptsMade, job.attemptsStarted],
        ...[job.progress, job.returnvalue, job.opts.attempts, job.opts.backoff, job.opts.removeOnComplete],
        ...[job.queueName, job.queueQualifiedName, job.prefix, job.parentKey, typeof job.timestamp],
      ];
      return { jobs: jobs.map(look), stored: stored.map(look) };
    }));

  it('refuses the same ids and options', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const refused = async (opts: object): Promise<boolean> =>
        'code' in ((await thrown(async () => void (await queue.add('a', {}, opts)))) as object);
      return [
        await refused({ jobId: '12' }),
        await refused({ jobId: '0' }),
        await refused({ jobId: 'a' }),
        await refused({ attempts: 0 }),
        await refused({ delay: -1 }),
        await refused({ priority: 2_097_152 }),
        await refused({ sizeLimit: 1 }),
        await refused({ deduplication: {} }),
        await refused({ deduplication: { id: 'x' } }),
        await refused({ debounce: { id: 'x' } }),
        await refused({ failParentOnFailure: true, ignoreDependencyOnFailure: true }),
      ];
    }));

  it('counts and lists the same', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      await queue.addBulk([
        { name: 'w1', data: 1 },
        { name: 'w2', data: 2 },
        { name: 'p', data: 3, opts: { priority: 2 } },
        { name: 'd', data: 4, opts: { delay: 60_000 } },
      ]);
      await queue.pause();
      const names = async (jobs: Promise<{ name: string }[]>) => (await jobs).map(({ name }) => name);
      return {
        counts: await queue.getJobCounts(),
        some: await queue.getJobCounts('wait', 'delayed', 'active'),
        byTypes: await queue.getJobCountByTypes('waiting', 'prioritized'),
        count: await queue.count(),
        waiting: await names(queue.getWaiting()),
        all: (await names(queue.getJobs())).sort(),
        newest: await names(queue.getJobs(['wait'], 0, 0)),
        oldest: await names(queue.getJobs(['wait'], 0, 0, true)),
        paused: await queue.isPaused(),
        perPriority: await queue.getCountsPerPriority([0, 2, 3]),
        state: await queue.getJobState('1'),
        unknown: await queue.getJobState('none'),
        noJob: (await queue.getJob('none')) ?? 'none',
        meta: await queue.getMeta(),
        version: await queue.getVersion(),
        logs: await queue.getJobLogs('1'),
        lifted: await queue.removeRateLimitKey(),
        ttl: (await queue.getRateLimitTtl()) <= 0,
      };
    }));

  it('removes, retries and cleans the same', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const job = await queue.add('a', {});
      const again = (await queue.getJob(job.id!))!;
      const first = await thrown(() => job.remove());
      const second = await thrown(() => again.remove());
      const missing = await thrown(() => queue.remove('none'));
      await queue.add('held', {});
      const worker = use(new lib.Worker(name, null, opts));
      const held = (await worker.getNextJob('token'))!;
      const locked = await thrown(() => queue.remove(held.id!));
      const lockedJob = await thrown(async () => (await queue.getJob(held.id!))!.remove());
      await held.moveToFailed(new Error('no'), 'token', false);
      await queue.retryJobs();
      const waiting = await queue.getJobCounts('wait', 'failed');
      const drained = await thrown(() => queue.drain());
      await queue.addBulk([1, 2, 3].map((n) => ({ name: 'c', data: n })));
      const cleaned = (await queue.clean(0, 2, 'wait')).length;
      return {
        first,
        second,
        missing,
        locked,
        lockedJob: 'code' in (lockedJob as object),
        waiting,
        drained,
        cleaned,
      };
    }));

  it('returns the same codes where it cannot', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const job = await queue.add('a', {});
      const waiting = [
        await thrown(() => job.promote()),
        await thrown(() => job.retry()),
        await thrown(() => job.changeDelay(5)),
        await thrown(() => queue.updateJobProgress('none', 5)),
        await thrown(() => queue.addJobLog('none', 'x')),
        await thrown(() => queue.add('child', {}, { parent: { id: 'none', queue: queue.qualifiedName } })),
      ];
      await queue.remove(job.id!);
      const gone = [
        await thrown(() => job.updateData({})),
        await thrown(() => job.updateProgress(5)),
        await thrown(() => job.getState()),
        await thrown(() => job.changePriority({ priority: 1 })),
        await thrown(() => job.promote()),
        await thrown(() => job.retry()),
      ];
      await queue.add('b', {});
      const worker = use(new lib.Worker(name, null, opts));
      const held = (await worker.getNextJob('token'))!;
      return { waiting, gone, stranger: await thrown(() => held.moveToCompleted(1, 'other', false)) };
    }));
});

describe('an application that is not strict', () => {
  it('asks for kinds of jobs that there are none of, in any order, and passes null', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      for (const [i, priority] of [undefined, 2, undefined, 1].entries()) {
        await queue.add(`n${i}`, {}, priority === undefined ? {} : { priority });
      }
      const nothing = { delay: null, attempts: null, backoff: null, jobId: undefined, parent: null };
      const job = await queue.add('null', {}, nothing as never);
      const tried = await queue.add('text', {}, { attempts: '3' } as never);
      return {
        listed: (await queue.getJobs()).map((each) => each.name),
        some: (await queue.getJobs(undefined, 1, 2)).map((each) => each.name),
        repeat: [await queue.getJobs('repeat'), await queue.getJobCounts('repeat', 'wait')],
        sum: [await queue.getJobCountByTypes('repeat'), await queue.getJobCountByTypes('repeat', 'wait')],
        unlimited: [await queue.getRateLimitTtl(), await queue.getRateLimitTtl(5)],
        states: [await job.getState(), await tried.getState(), Number(tried.opts.attempts)],
      };
    }));

  it('reads how many limits of the queue are new, or gone', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const set = async (): Promise<number[]> => [
        await queue.setGlobalConcurrency(2),
        await queue.setGlobalRateLimit(5, 1000),
      ];
      const remove = async (): Promise<number[]> => [
        await queue.removeGlobalConcurrency(),
        await queue.removeGlobalRateLimit(),
      ];
      return [await set(), await set(), await remove(), await remove()];
    }));

  it('reads the options of a worker that it did not give', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const seen: unknown[] = [];
      for (const own of [{}, { concurrency: 3, lockDuration: 10_000 }, { stalledInterval: 5000 }]) {
        const worker = use(new lib.Worker(name, async () => {}, { ...opts, ...own, autorun: false }));
        const { concurrency, lockDuration, lockRenewTime, maxStalledCount } = worker.opts;
        const { drainDelay, stalledInterval, maximumRateLimitDelay } = worker.opts;
        seen.push([concurrency, lockDuration, lockRenewTime, maxStalledCount]);
        seen.push([drainDelay, stalledInterval, maximumRateLimitDelay]);
      }
      return seen;
    }));

  it('gives job schedulers options that each of their jobs has of its own', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const template = { opts: { jobId: 'mine', delay: 5, attempts: 2 } };
      const job = await queue.upsertJobScheduler('s', { every: 60_000 }, template as never);
      return [job!.id!.startsWith('repeat:s:'), job!.opts.attempts];
    }));

  it('hears of removed jobs where they were', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const events = use(new lib.QueueEvents(name, opts));
      await events.waitUntilReady();
      const told: unknown[] = [];
      events.on('removed', ({ jobId, prev }) => told.push([jobId, prev]));
      await queue.add('a', {}, { jobId: 'a' });
      await queue.add('b', {}, { jobId: 'b', delay: 60_000 });
      await queue.remove('a');
      await queue.remove('b');
      await until(() => told.length === 2);
      return told;
    }));
});

describe('by hand', () => {
  it('fetches, completes and goes on as the guide has it', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.addBulk(['a', 'b', 'c'].map((each) => ({ name: each, data: { each } })));
      const worker = use(new lib.Worker(name, null, opts));
      const names: unknown[] = [];
      let job = (await worker.getNextJob('my-token'))!;
      while (job) {
        names.push(job.name, job.attemptsStarted, await job.extendLock('my-token', 30_000));
        const [data, id] = (await job.moveToCompleted('done', 'my-token')) as [any, string];
        job = data ? lib.Job.fromJSON(worker as never, data, id) : (undefined as never);
      }
      return { names, counts: await queue.getJobCounts('completed', 'active', 'wait') };
    }));

  it('opens any lock with the master token, and without one', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.addBulk(['a', 'b', 'c'].map((each) => ({ name: each, data: {} })));
      const worker = use(new lib.Worker(name, null, opts));
      const ids = [];
      for (let i = 0; i < 3; i += 1) ids.push((await worker.getNextJob('t'))!.id!);
      const [a, b, c] = await Promise.all(ids.map((id) => queue.getJob(id)));
      await a!.moveToDelayed(Date.now() + 60_000);
      await b!.moveToWait();
      await c!.moveToFailed(new Error('x'), '0', false);
      return queue.getJobCounts('wait', 'delayed', 'failed', 'active');
    }));
});

describe('a worker', () => {
  it('tells its listeners the same', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.addBulk([
        { name: 'good', data: { n: 1 } },
        { name: 'bad', data: {}, opts: { attempts: 2, backoff: { type: 'fixed', delay: 5 } } },
        { name: 'hopeless', data: {}, opts: { attempts: 5 } },
      ]);
      const told: unknown[] = [];
      const worker = use(
        new lib.Worker(
          name,
          async (job) => {
            await job.updateProgress(50);
            await job.log('line');
            if (job.name === 'bad') throw new Error(`no ${job.attemptsMade}`);
            if (job.name === 'hopeless') throw new lib.UnrecoverableError();
            return { ok: job.data.n };
          },
          { ...opts, autorun: false },
        ),
      );
      worker.on('active', (job, prev) => told.push(['active', job.name, job.attemptsMade, prev]));
      worker.on('completed', (job, result, prev) =>
        told.push([
          'completed',
          job.name,
          result,
          job.returnvalue,
          job.attemptsMade,
          typeof job.finishedOn,
          prev,
        ]),
      );
      worker.on('failed', (job, error, prev) =>
        told.push([
          ...['failed', job!.name, error.message, job!.failedReason, job!.attemptsMade, job!.attemptsStarted],
          ...[job!.stacktrace!.length, typeof job!.finishedOn, prev],
        ]),
      );
      worker.on('progress', (job, progress) => told.push(['progress', job.name, progress]));
      void worker.run();
      await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 3);
      await until(() => told.length >= 12);
      const jobs = await queue.getJobs(['completed', 'failed']);
      const byName = Object.fromEntries(
        jobs.map((job) => [
          job.name,
          [
            job.failedReason,
            job.returnvalue,
            job.progress,
            job.attemptsMade,
            job.stacktrace!.length,
            job.delay,
          ],
        ]),
      );
      const order = (job: string): unknown[] => told.filter((line) => (line as unknown[])[1] === job);
      return {
        byName,
        told: ['good', 'bad', 'hopeless'].map(order),
        logs: await queue.getJobLogs(jobs[0]!.id!),
      };
    }));

  it('leaves jobs to the stalled check when it is closed by force', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      const worker = new lib.Worker(name, () => held, opts);
      await queue.add('a', {});
      await until(async () => (await queue.getActiveCount()) === 1);
      await worker.close(true);
      const after = await queue.getJobCounts('active', 'wait');
      release();
      const failed: unknown[] = [];
      const second = use(
        new lib.Worker(name, async () => 'never', {
          ...{ ...opts, lockDuration: 500, stalledInterval: 50, maxStalledCount: 0 },
        }),
      );
      second.on('failed', (_job, error) => failed.push(error.message));
      second.on('error', () => {});
      return after;
    }));

  it('keeps of values what JSON makes of them', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const lossy = {
        map: new Map([[1, 2]]),
        error: new Error('lost'),
        call: () => 1,
        at: new Date(0),
        gone: undefined,
      };
      const worker = use(new lib.Worker(name, async () => ({ ...lossy, set: new Set([1]) }), opts));
      const events = use(new lib.QueueEvents(name, opts));
      await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
      const job = await queue.add('a', lossy);
      const result: unknown = await job.waitUntilFinished(events);
      const stored = await queue.getJob(job.id!);
      return [result, stored?.data, stored?.returnvalue];
    }));

  it('takes options that are for other classes, and unknown ones', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const odd: any = {
        ...{ ...opts, defaultJobOptions: { attempts: 2 }, skipVersionCheck: true, blockingConnection: false },
        ...{ madeUp: 1, settings: { other: 1 }, limiter: { max: 5, duration: 10, groupKey: 'x' } },
      };
      const queue = use(new lib.Queue(name, odd));
      const worker = use(new lib.Worker(name, async () => 5, odd));
      const events = use(new lib.QueueEvents(name, odd));
      await events.waitUntilReady();
      const job = await queue.add('a', {}, { madeUp: 1 } as object);
      const result: unknown = await job.waitUntilFinished(events);
      return [result, worker.opts.concurrency ?? 1, job.opts.attempts];
    }));
});

describe('constants', () => {
  it('of special errors are their messages', () =>
    expectSame(async ({ lib }) => [
      ...[new lib.DelayedError(), new lib.WaitingError(), new lib.WaitingChildrenError()].map(String),
      ...[new lib.RateLimitError(), new lib.UnrecoverableError(), lib.Worker.RateLimitError()].map(
        (error) => error.message,
      ),
    ]));
});
