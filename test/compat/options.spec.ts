import { describe, it } from '@jest/globals';
import type { BulkJobOptions, FlowJob, Job, JobsOptions } from 'bullmq';
import { expectSame, thrown, until } from './both.js';

describe('options of a part', () => {
  it('that have nothing to change are taken', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(
        new lib.Queue(name, {
          ...opts,
          ...{ blockingConnection: false, skipVersionCheck: true, skipWaitingForReady: true },
          ...{
            skipMetasUpdate: true,
            settings: { repeatKeyHashAlgorithm: 'sha256', repeatStrategy: () => 5 },
          },
          streams: { events: { maxLen: 20 } },
        }),
      );
      const worker = use(
        new lib.Worker(name, async () => 1, {
          ...opts,
          ...{ blockingConnection: true, skipVersionCheck: true, skipWaitingForReady: true },
        }),
      );
      const events = use(
        new lib.QueueEvents(name, {
          ...opts,
          ...{ blockingConnection: true, skipVersionCheck: true, skipWaitingForReady: true },
          blockingTimeout: 1000,
        }),
      );
      const flows = use(new lib.FlowProducer({ ...opts, blockingConnection: false, skipVersionCheck: true }));
      await events.waitUntilReady();
      const job = await queue.add('a', {});
      const flow = await flows.add({ name: 'b', queueName: name, data: {} });
      const results: unknown[] = [];
      for (const each of [job, flow.job]) results.push(await each.waitUntilFinished(events, 10_000));
      return [results, worker.isRunning()];
    }));

  it('of a worker say what stays of its jobs', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const worker = new lib.Worker(
        name,
        async (job) => {
          if (job.name === 'bad') throw new Error('as told');
        },
        { ...opts, removeOnComplete: { count: 2 }, removeOnFail: { count: 1 } },
      );
      use(worker);
      const ended: string[] = [];
      worker.on('completed', (job) => ended.push(job.id!));
      worker.on('failed', (job) => ended.push(job!.id!));
      const names = ['good', 'bad', 'good', 'bad', 'good', 'good'];
      await queue.addBulk(
        names.map((each, i) => ({ name: each, data: {}, opts: { jobId: `${each}-${i}` } })),
      );
      await until(() => ended.length === names.length);
      const left = async (jobs: Promise<Job[]>): Promise<unknown> => (await jobs).map(({ id }) => id);
      return [await left(queue.getCompleted()), await left(queue.getFailed())];
    }));
});

describe('options of a job', () => {
  it('are kept as they were given, one by one and in bulk', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const every: BulkJobOptions = {
        ...{ jobId: 'a', timestamp: Date.UTC(2100, 0, 1), priority: 3, delay: 60_000, attempts: 4 },
        backoff: { type: 'exponential', delay: 50, jitter: 0.5 },
        ...{ removeOnComplete: { age: 60, count: 5 }, removeOnFail: 7, keepLogs: 3, stackTraceLimit: 2 },
        ...{ sizeLimit: 500, lifo: false, deduplication: { id: 'd', ttl: 60_000 } },
        ...{ telemetry: { metadata: '{}', omitContext: true }, failParentOnFailure: true },
        ...{ continueParentOnFailure: false, ignoreDependencyOnFailure: false },
        removeDependencyOnFailure: false,
      };
      const queue = use(new lib.Queue(name, opts));
      const [added] = await queue.addBulk([{ name: 'a', data: { n: 1 }, opts: every }]);
      const { deduplication, ...rest } = every;
      const own: JobsOptions = { ...rest, jobId: 'b', deduplication: { ...deduplication!, id: 'other' } };
      await queue.add('b', { n: 1 }, own);
      const read = await Promise.all(['a', 'b'].map((id) => queue.getJob(id)));
      return [added!.opts, ...read.map((job) => [job!.opts, job!.timestamp, job!.delay, job!.priority])];
    }));

  it('about deduplication, one by one', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const add = async (jobId: string, more: JobsOptions): Promise<unknown> =>
        (await queue.add('a', { jobId }, { jobId, delay: 60_000, ...more })).id;
      return [
        await add('t1', { deduplication: { id: 't', ttl: 60_000 } }),
        await add('t2', { deduplication: { id: 't', ttl: 60_000 } }),
        await add('e1', { deduplication: { id: 'e', ttl: 60_000, extend: true } }),
        await add('e2', { deduplication: { id: 'e', ttl: 60_000, extend: true } }),
        await add('r1', { deduplication: { id: 'r', ttl: 60_000, replace: true } }),
        await add('r2', { deduplication: { id: 'r', ttl: 60_000, replace: true } }),
        await add('s1', { deduplication: { id: 's', reschedule: true } }),
        await add('s2', { deduplication: { id: 's', reschedule: true }, delay: 1000 }),
        await add('k1', { deduplication: { id: 'k', keepLastIfActive: true }, delay: 0 }),
        await add('k2', { deduplication: { id: 'k', keepLastIfActive: true }, delay: 0 }),
        (await queue.getJobs(['delayed', 'waiting'])).map(({ id }) => id).toSorted(),
        await queue.getDelayedCount(Date.now() + 5000),
      ];
    }));

  it('about what is last in goes first', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      for (const jobId of ['a', 'b', 'c']) await queue.add(jobId, {}, { jobId, lifo: jobId !== 'a' });
      const worker = use(new lib.Worker(name, null, opts));
      const ids: unknown[] = [];
      for (let i = 0; i < 3; i += 1) ids.push(((await worker.getNextJob('t')) as Job).id);
      return ids;
    }));

  it('about size: one that is too large is refused', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const refused = await thrown(() => queue.add('a', { text: 'long '.repeat(50) }, { sizeLimit: 100 }));
      return ['code' in (refused as object), await queue.getWaitingCount()];
    }));
});

describe('options of calls', () => {
  it('about flows: a prefix of a child, pages of dependencies, waiting for a child by name', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const flows = use(new lib.FlowProducer(opts));
      const child = (jobId: string, more: object = {}): FlowJob => ({
        ...{ name: jobId, queueName: name, prefix: opts.prefix, data: {}, opts: { jobId, ...more } },
      });
      await flows.add({
        ...{ name: 'top', queueName: name, prefix: opts.prefix, opts: { jobId: 'top' } },
        children: [
          child('a', { ignoreDependencyOnFailure: true }),
          child('b', { continueParentOnFailure: true }),
          child('c'),
        ],
      });
      const { job: read } = (await flows.getFlow({ id: 'top', queueName: name, prefix: opts.prefix }))!;
      const worker = use(new lib.Worker(name, null, opts));
      await ((await worker.getNextJob('t')) as Job).moveToFailed(new Error('as told'), 't', false);
      const top = (await queue.getJob('top'))!;
      const page = await top.getDependencies({
        processed: { count: 5 },
        unprocessed: { count: 5 },
        ignored: { count: 5 },
        failed: { count: 5 },
      });
      const counts = await top.getDependenciesCount({
        ...{ processed: true, unprocessed: true, ignored: true, failed: true },
      });
      return [
        ...[read.id, page.processed, page.ignored, page.unprocessed?.toSorted(), page.failed, counts],
        [page.nextProcessedCursor, page.nextUnprocessedCursor, page.nextIgnoredCursor],
      ];
    }));

  it('about waiting for one child', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const worker = use(new lib.Worker(name, null, opts));
      await queue.add('top', {}, { jobId: 'top' });
      const top = (await worker.getNextJob('t')) as Job;
      const parent = { id: 'top', queue: queue.qualifiedName };
      for (const jobId of ['one', 'two']) await queue.add(jobId, {}, { jobId, parent });
      const child = (id: string): { child: { id: string; queue: string } } => ({
        child: { id, queue: queue.qualifiedName },
      });
      await ((await worker.getNextJob('t')) as Job).moveToCompleted(1, 't', false);
      const codes = [
        await thrown(() =>
          top.moveToWaitingChildren('t', { child: { id: 'none', queue: queue.qualifiedName } }),
        ),
        await thrown(() => top.moveToWaitingChildren('t', child('one'))),
        await thrown(() => top.moveToWaitingChildren('other', child('two'))),
        await thrown(() => top.moveToWaitingChildren('t', child('two'))),
        await thrown(() => top.moveToWaitingChildren('t', child('two'))),
        await thrown(() => top.moveToWaitingChildren('t')),
      ];
      return [codes, await top.getState()];
    }));

  it('about deletion, many at a time', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      await queue.addBulk(Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, data: {} })));
      const worker = use(new lib.Worker(name, null, opts));
      await worker.getNextJob('t');
      const refused = await thrown(() => queue.obliterate({ count: 10 }));
      await queue.obliterate({ force: true, count: 10 });
      return ['code' in (refused as object), await queue.getJobCounts(), await queue.isPaused()];
    }));
});
