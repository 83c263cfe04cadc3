import { describe, it } from '@jest/globals';
import type { FlowJob, Job, Queue } from 'bullmq';
import { type Bench, expectSame, thrown, until } from './both.js';

const newQueue = ({ lib, name, opts, use }: Bench, more = {}): Queue =>
  use(new lib.Queue(name, { ...opts, ...more }));
const namesOf = async (jobs: Promise<Job[]>): Promise<unknown> => (await jobs).map((job) => job.name);

/** One job in each state, by hand. */
async function oneOfEach(bench: Bench, queue: Queue): Promise<void> {
  const { lib, name, opts, use } = bench;
  const worker = use(new lib.Worker(name, null, opts));
  for (const each of ['completed', 'failed', 'active']) await queue.add(each, {}, { jobId: `j-${each}` });
  const take = async (): Promise<Job> => (await worker.getNextJob('t')) as Job;
  await (await take()).moveToCompleted('done', 't', false);
  await (await take()).moveToFailed(new Error('as told'), 't', false);
  await take();
  await queue.add('waiting', {}, { jobId: 'j-waiting' });
  await queue.add('delayed', {}, { jobId: 'j-delayed', delay: 60_000 });
  await queue.add('prioritized', {}, { jobId: 'j-prioritized', priority: 4 });
  const children = [{ name: 'child', queueName: `${name}-other`, opts: { jobId: 'child' } }];
  await use(new lib.FlowProducer(opts)).add({
    name: 'parent',
    queueName: name,
    opts: { jobId: 'j-parent' },
    children,
  });
}

describe('a queue', () => {
  it('lists and counts by state', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      await oneOfEach(bench, queue);
      return [
        ...[
          await namesOf(queue.getWaiting()),
          await namesOf(queue.getActive()),
          await namesOf(queue.getDelayed()),
        ],
        ...[await namesOf(queue.getPrioritized()), await namesOf(queue.getCompleted())],
        ...[await namesOf(queue.getFailed()), await namesOf(queue.getWaitingChildren())],
        ...[await queue.getWaitingCount(), await queue.getActiveCount(), await queue.getDelayedCount()],
        ...[await queue.getPrioritizedCount(), await queue.getCompletedCount(), await queue.getFailedCount()],
        await queue.getWaitingChildrenCount(),
        await queue.getRanges(['waiting', 'prioritized'], 0, -1, true),
        await queue.getRanges(['completed']),
        await queue.getDependencies('j-parent', 'pending', 0, -1).then(({ items, total }) => [items, total]),
        await queue
          .getDependencies('j-parent', 'processed', 0, -1)
          .then(({ items, total }) => [items, total]),
      ];
    }));

  it('says of each job where it is', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      await oneOfEach(bench, queue);
      const ids = ['completed', 'failed', 'active', 'waiting', 'delayed', 'prioritized', 'parent'];
      const found = ids.map(async (id) => {
        const job = (await queue.getJob(`j-${id}`))!;
        return [
          ...[id, await job.getState(), await job.isCompleted(), await job.isFailed(), await job.isDelayed()],
          ...[await job.isWaitingChildren(), await job.isActive(), await job.isWaiting()],
          ...[job.stalledCounter, job.deferredFailure, typeof job.processedOn, typeof job.finishedOn],
          ...[job.deduplicationId, job.processedBy, job.attemptsMade, job.attemptsStarted],
        ];
      });
      return Promise.all(found);
    }));

  it('shows jobs as JSON with the same fields', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.add(
        'a',
        { x: 1 },
        { jobId: 'a', priority: 3, deduplication: { id: 'd' }, timestamp: 1000 },
      );
      const worker = use(new lib.Worker(name, null, { ...opts, name: 'w' }));
      const held = (await worker.getNextJob('t')) as Job;
      await held.updateProgress(50);
      await held.moveToCompleted({ ok: true }, 't', false);
      const job = (await queue.getJob('a'))!;
      const json = JSON.parse(JSON.stringify(job)) as Record<string, unknown>;
      const stable = (all: Record<string, unknown>): unknown =>
        Object.entries(all)
          .map(([key, value]) => [key, /On$|token/.test(key) ? typeof value : value])
          .toSorted();
      const asJson = { ...(job.asJSON() as object) } as Record<string, unknown>;
      const sandbox = { ...(job.asJSONSandbox() as object) } as Record<string, unknown>;
      // Of BullMQ's storage: short names of fields, and what is empty.
      for (const all of [json, asJson, sandbox])
        for (const key of ['opts', 'token', 'delay', 'priority', 'processedBy']) delete all[key];
      const kept = Object.keys(json).filter((key) => json[key] !== undefined && json[key] !== null);
      return [
        kept.toSorted(),
        json['data'],
        json['returnvalue'],
        typeof job.toJSON(),
        stable(
          Object.fromEntries(
            Object.entries(asJson).filter(([, value]) => value !== undefined && value !== null),
          ),
        ),
        Object.keys(sandbox)
          .filter((key) => sandbox[key] !== undefined && sandbox[key] !== null)
          .toSorted(),
      ];
    }));

  it('shows jobs as the same JSON, new and read', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const flows = use(new lib.FlowProducer(opts));
      const worker = use(new lib.Worker(name, null, opts));
      const shown: unknown[] = [];
      const show = (job: Job | undefined): void => {
        const { token, ...json } = JSON.parse(JSON.stringify(job)) as Record<string, unknown>;
        const entries = Object.entries(json).map(([key, value]) => [
          key,
          /On$|timestamp/.test(key) ? typeof value : value,
        ]);
        shown.push(typeof token, Object.fromEntries(entries));
      };
      const showBoth = async (job: Job): Promise<void> => {
        show(job);
        show(await queue.getJob(job.id!));
      };
      await showBoth(await queue.add('plain', { x: 1 }, { jobId: 'plain', stackTraceLimit: 0 }));
      await showBoth(
        await queue.add(
          'full',
          { x: 1 },
          { jobId: 'full', delay: 60_000, priority: 3, attempts: 2, backoff: 5, deduplication: { id: 'd' } },
        ),
      );
      const how = ['failParent', 'ignoreDependency', 'removeDependency', 'continueParent'];
      const { children } = await flows.add({
        ...{ name: 'top', queueName: name, opts: { jobId: 'top' } },
        children: how.map((each) => ({
          ...{ name: each, queueName: name, data: {}, opts: { jobId: each, [`${each}OnFailure`]: true } },
        })),
      });
      for (const { job } of children!) await showBoth(job);
      const held = (await worker.getNextJob('t')) as Job;
      show(held);
      await held.moveToFailed(new Error('as told'), 't', false);
      await showBoth(held);
      return shown;
    }));

  it('moves by hand to nothing where no job is next', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const worker = use(new lib.Worker(name, null, opts));
      const take = async (): Promise<Job> => {
        await queue.add('a', {});
        return (await worker.getNextJob('t')) as Job;
      };
      return [
        await (await take()).moveToCompleted(1, 't', true),
        await (await take()).moveToCompleted(1, 't', false),
        await (await take()).moveToFailed(new Error('x'), 't', true),
        await (await take()).moveToFailed(new Error('x'), 't', false),
      ];
    }));

  it('reads and makes jobs by the statics of their class', () =>
    expectSame(async (bench) => {
      const { lib } = bench;
      const queue = newQueue(bench);
      const one = await lib.Job.create(queue as never, 'one', { n: 1 }, { jobId: 'one' });
      const more = await lib.Job.createBulk(queue as never, [
        { name: 'two', data: { n: 2 }, opts: { jobId: 'two' } },
        { name: 'three', data: { n: 3 }, opts: { jobId: 'three', delay: 60_000 } },
      ]);
      const read = (await lib.Job.fromId(queue as never, 'two'))!;
      const count = await lib.Job.addJobLog(queue as never, 'two', 'line');
      const again = lib.Job.fromJSON(queue as never, read.asJSON(), 'two');
      return [
        ...[one.id, more.map(({ id, data }) => [id, data]), read.data, read.name, count],
        ...[again.id, again.data, again.name, (await lib.Job.fromId(queue as never, 'none')) ?? 'none'],
        [lib.Job.optsFromJSON('{"attempts":3}'), lib.Job.optsFromJSON()],
      ];
    }));

  it('has limits of its own', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const before = [
        await queue.getGlobalConcurrency(),
        await queue.getGlobalRateLimit(),
        await queue.isMaxed(),
      ];
      await queue.setGlobalConcurrency(1);
      await queue.setGlobalRateLimit(5, 60_000);
      const during = [
        await queue.getGlobalConcurrency(),
        await queue.getGlobalRateLimit(),
        await queue.getMeta(),
      ];
      await queue.add('a', {});
      const worker = bench.use(new bench.lib.Worker(bench.name, null, bench.opts));
      await worker.getNextJob('t');
      const maxed = await queue.isMaxed();
      await queue.removeGlobalConcurrency();
      await queue.removeGlobalRateLimit();
      return [before, during, maxed, await queue.isMaxed(), await queue.getGlobalConcurrency()];
    }));

  it('has calls for monitoring', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench, { streams: { events: { maxLen: 500 } } });
      await queue.waitUntilReady();
      const events = use(new lib.QueueEvents(name, opts));
      const worker = use(
        new lib.Worker(name, async () => 1, { ...opts, name: 'w', metrics: { maxDataPoints: 60 } }),
      );
      await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
      await until(async () => (await queue.getWorkersCount()) === 1);
      await until(async () => (await queue.getQueueEvents()).length === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await queue.add('a', {});
      await until(async () => (await queue.getMetrics('completed')).meta.count === 1);
      const text = await queue.exportPrometheusMetrics({ app: 'shop' });
      const { maxLenEvents } = await queue.getMeta();
      return [
        ...[
          text
            .split('\n')
            .filter((line) => !line.startsWith('# HELP'))
            .toSorted(),
          maxLenEvents,
          queue.metaValues['opts.maxLenEvents'],
        ],
        ...[
          queue.toKey('wait'),
          worker.toKey('wait'),
          queue.qualifiedName,
          queue.jobsOpts,
          queue.defaultJobOptions,
        ],
        ...[worker.isRunning(), worker.isPaused(), worker.concurrency, queue.closing ?? 'no'],
      ];
    }));

  it('has older names and repairs', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      await queue.add('a', {}, { jobId: 'a', deduplication: { id: 'd' } });
      return [
        ...[await queue.getDebounceJobId('d'), await queue.removeDebounceKey('d')],
        ...[await queue.getDebounceJobId('d'), await queue.removeDebounceKey('d')],
        ...[await queue.removeDeprecatedPriorityKey(), await queue.removeOrphanedJobs()],
        await (await queue.getJob('a'))!.getFailedChildrenValues(),
      ];
    }));

  it('tells its own listeners', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const told: unknown[] = [];
      const onWaiting = (job: Job): void => void told.push(['waiting', job.name]);
      queue.on('waiting', onWaiting);
      queue.once('paused', () => told.push(['paused']));
      queue.on('resumed', () => told.push(['resumed']));
      queue.on('removed', (id) => told.push(['removed', id]));
      queue.on('cleaned', (ids, type) => told.push(['cleaned', ids, type]));
      // BullMQ's types say an id, and a job is what comes from a job's own call.
      queue.on('progress', (id, progress) =>
        told.push(['progress', typeof id === 'string' ? id : (id as Job).id, progress]),
      );
      queue.on('ioredis:close', () => {});
      const job = await queue.add('a', {}, { jobId: 'a' });
      queue.off('waiting', onWaiting);
      await queue.add('b', {}, { jobId: 'b' });
      await queue.pause();
      await queue.resume();
      await queue.pause();
      await job.updateProgress(7);
      await queue.updateJobProgress('a', 8);
      await queue.remove('a');
      await queue.clean(0, 10, 'wait');
      await queue.clean(0, 10, 'waiting');
      return told;
    }));
});

describe('options of jobs', () => {
  it('about tries, logs and time', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.add('logs', {}, { jobId: 'logs', keepLogs: 2, timestamp: 5000 });
      const jittered = { type: 'exponential', delay: 8, jitter: 0.5 };
      await queue.add('jitter', {}, { jobId: 'jitter', attempts: 3, backoff: jittered });
      use(
        new lib.Worker(
          name,
          async (job) => {
            for (const line of ['a', 'b', 'c']) await job.log(line);
            if (job.name === 'jitter' && job.attemptsMade < 2) throw new Error('as told');
          },
          {
            ...opts,
            skipStalledCheck: true,
            skipLockRenewal: true,
            runRetryDelay: 50,
            maximumRateLimitDelay: 500,
          },
        ),
      );
      await until(async () => (await queue.getCompletedCount()) === 2);
      const logs = (await queue.getJob('logs'))!;
      const jitter = (await queue.getJob('jitter'))!;
      await logs.retry('completed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      await until(async () => (await queue.getCompletedCount()) === 2);
      const again = (await queue.getJob('logs'))!;
      return [
        ...[await queue.getJobLogs('logs'), logs.timestamp, jitter.attemptsMade, jitter.opts.backoff],
        [again.attemptsMade, again.attemptsStarted],
      ];
    }));

  it('about deduplication while a job runs', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const seen: unknown[] = [];
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      use(
        new lib.Worker(
          name,
          async (job) => {
            seen.push(job.data.n);
            if (job.data.n === 1) await held;
          },
          opts,
        ),
      );
      const deduplication = { id: 'd', keepLastIfActive: true };
      const first = await queue.add('a', { n: 1 }, { deduplication });
      await until(() => seen.length === 1);
      const second = await queue.add('a', { n: 2 }, { deduplication });
      const third = await queue.add('a', { n: 3 }, { deduplication });
      release();
      await until(() => seen.length === 2);
      return [seen, first.id === second.id, first.id === third.id];
    }));

  it('about children that fail', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const node = (jobId: string, more: object = {}, children?: FlowJob[]): FlowJob => ({
        ...{ name: jobId, queueName: name, opts: { jobId, ...more } },
        ...(children ? { children } : {}),
      });
      const flows = use(new lib.FlowProducer(opts));
      flows.on('error', () => {});
      flows.once('ioredis:close', () => {});
      flows.off('error', () => {});
      await flows.add(node('top', {}, [node('bad', { removeDependencyOnFailure: true }), node('good')]), {
        queuesOptions: {
          [name]: { defaultJobOptions: { attempts: 2, backoff: { type: 'fixed', delay: 1 } } },
        },
      });
      const shallow = (await flows.getFlow({ id: 'top', queueName: name, depth: 1, maxChildren: 1 }))!;
      const deep = (await flows.getFlow({ id: 'top', queueName: name, depth: 5, maxChildren: 5 }))!;
      use(
        new lib.Worker(
          name,
          async (job) => {
            if (job.name === 'bad') throw new Error('as told');
            return job.name;
          },
          opts,
        ),
      );
      await until(async () => (await queue.getJobState('top')) === 'completed');
      const bad = (await queue.getJob('bad'))!;
      const top = (await queue.getJob('top'))!;
      const page = await top.getDependencies({ processed: { count: 5, cursor: 0 } });
      const counts = await top.getDependenciesCount({ processed: true, failed: true });
      return [
        ...[shallow.children?.length ?? 0, deep.children?.length, bad.attemptsMade, page, counts],
        Object.keys(await top.getChildrenValues()).length,
      ];
    }));
});

describe('a worker', () => {
  it('has a life that its listeners follow', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const told: string[] = [];
      const worker = new lib.Worker(name, async () => 1, {
        ...opts,
        autorun: false,
        lockDuration: 400,
        lockRenewTime: 50,
      });
      worker.on('ready', () => told.push('ready'));
      worker.once('drained', () => told.push('drained'));
      worker.on('paused', () => told.push('paused'));
      worker.on('resumed', () => told.push('resumed'));
      worker.on('closing', (message) => told.push(`closing ${typeof message}`));
      worker.on('closed', () => told.push('closed'));
      worker.on('ioredis:close', () => {});
      const none = (): void => void told.push('never');
      worker.on('completed', none);
      worker.off('completed', none);
      await worker.waitUntilReady();
      await until(() => told.length === 1);
      const idle = worker.isRunning();
      const running = worker.run();
      await queue.add('a', {});
      await until(() => told.includes('drained'));
      await worker.pause();
      const paused = [worker.isPaused(), worker.isRunning()];
      await Promise.resolve(worker.resume());
      await worker.close();
      await running;
      const events = use(new lib.QueueEvents(name, { ...opts, blockingTimeout: 1000, autorun: false }));
      events.once('error', () => {});
      events.off('error', () => {});
      events.on('ioredis:close', () => {});
      return [told.toSorted(), idle, paused, worker.isRunning()];
    }));

  it('renews locks, and says which it lost', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      const told: unknown[] = [];
      const worker = use(
        new lib.Worker(name, () => held, {
          ...opts,
          lockDuration: 2000,
          lockRenewTime: 100,
          skipStalledCheck: true,
        }),
      );
      worker.on('error', () => {});
      worker.on('locksRenewed', (renewed) => told.push(['renewed', renewed]));
      worker.on('lockRenewalFailed', (ids) => told.push(['lost', ids]));
      await queue.add('a', {}, { jobId: 'a' });
      await until(() => told.length > 0);
      const [renewed] = told;
      await queue.obliterate({ force: true });
      await until(() => told.some((each) => (each as unknown[])[0] === 'lost'));
      release();
      return [renewed, told.find((each) => (each as unknown[])[0] === 'lost')];
    }));

  it('cancels what runs', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const reasons: unknown[] = [];
      let started = 0;
      const worker = use(
        new lib.Worker(
          name,
          async (_job, _token, signal) => {
            started += 1;
            await new Promise((resolve) => signal!.addEventListener('abort', resolve));
            throw new Error('stopped');
          },
          { ...opts, concurrency: 3 },
        ),
      );
      worker.on('failed', (_job, error) => reasons.push(error.message));
      await queue.addBulk(['a', 'b', 'c'].map((jobId) => ({ name: jobId, data: {}, opts: { jobId } })));
      await until(() => started === 3);
      const answers = [worker.cancelJob('a', 'no more'), worker.cancelJob('none')];
      await until(() => reasons.length === 1);
      worker.cancelAllJobs('all');
      await until(() => reasons.length === 3);
      return [answers, reasons, await queue.getFailedCount()];
    }));

  it('holds locks by hand', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.add('a', {}, { jobId: 'a' });
      const worker = use(new lib.Worker(name, null, { ...opts, skipWaitingForReady: true }));
      await worker.getNextJob('t');
      const lost = await worker.extendJobLocks(['a', 'none'], ['t', 't'], 5000);
      const begun = Date.now();
      await worker.delay(20);
      return [lost, Date.now() - begun >= 19, await thrown(() => worker.extendJobLocks([], [], 5000))];
    }));

  it('keeps to pauses of limits', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const times: number[] = [];
      use(
        new lib.Worker(name, async () => times.push(Date.now()), {
          ...opts,
          limiter: { max: 1, duration: 200 },
          maximumRateLimitDelay: 40,
          drainDelay: 1,
        }),
      );
      await queue.addBulk([1, 2, 3].map((n) => ({ name: `${n}`, data: {} })));
      await until(() => times.length === 3);
      return times.slice(1).map((time, i) => time - times[i]! >= 150);
    }));
});

describe('job schedulers', () => {
  it('by their own class, and all their options', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const schedulers = use(new lib.JobScheduler(name, opts));
      const startDate = Date.UTC(2100, 0, 1);
      const endDate = Date.UTC(2100, 5, 1);
      const how = { override: true };
      const job = await schedulers.upsertJobScheduler(
        's',
        { pattern: '0 3 * * *', tz: 'UTC', startDate, endDate, limit: 9 },
        'n',
        { n: 1 },
        {},
        how,
      );
      await schedulers.upsertJobScheduler(
        'e',
        { every: 3_600_000, offset: 600_000, startDate },
        'e',
        {},
        { attempts: 2 },
        how,
      );
      const own = await queue.jobScheduler;
      const shown = [
        ...[await schedulers.getScheduler('s'), (await schedulers.getScheduler('none')) ?? 'none'],
        ...[await schedulers.isJobScheduler('s'), await schedulers.isJobScheduler('none')],
        ...[await schedulers.getSchedulersCount(), await own.getSchedulersCount()],
        (await schedulers.getJobSchedulers(0, -1, true)).map(({ key }) => key),
        [await schedulers.removeJobScheduler('s'), await schedulers.removeJobScheduler('s')],
        [schedulers.name, schedulers.toKey('x'), typeof schedulers.opts],
      ];
      const worker = use(new lib.Worker(name, null, opts));
      return [job!.id, job!.name, shown, (await (await worker.jobScheduler).getScheduler('e'))?.every];
    }));

  it('by a strategy of one’s own, at once, and at offsets', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const at = Date.UTC(2100, 0, 1);
      const settings = {
        repeatStrategy: (millis: number, repeat: { pattern?: string }) =>
          repeat.pattern === 'mine' && millis < at ? at : undefined,
        repeatKeyHashAlgorithm: 'sha256',
      };
      const queue = newQueue(bench, { settings, skipMetasUpdate: true, skipWaitingForReady: true });
      const mine = await queue.upsertJobScheduler('mine', { pattern: 'mine' }, { name: 'm' });
      await queue.removeJobScheduler('mine');
      const plain = use(new lib.Queue(name, opts));
      const now = await plain.upsertJobScheduler('now', { pattern: '0 0 1 1 *', immediately: true });
      const count = await plain.upsertJobScheduler('count', { every: 60_000, startDate: at, count: 5 });
      const { prevMillis } = mine!.opts as { prevMillis?: number };
      return [
        mine!.id,
        prevMillis === at,
        await now!.getState(),
        (count!.opts as { repeat?: { count?: number } }).repeat?.count,
      ];
    }));

  it('with slots as the helpers reckon them', () =>
    expectSame(async ({ lib }) => {
      const from = Date.UTC(2026, 0, 5, 10, 17, 3, 5);
      const given = [
        ...[
          { every: 1000 },
          { every: 3_600_000 },
          { every: 1000, immediately: true },
          { every: 1000, offset: 100 },
        ],
        ...[{ pattern: '0 3 * * *', tz: 'Europe/Berlin' }, { pattern: '* * * * * *' }],
        ...[
          { pattern: '0 0 * * *', startDate: from + 259_200_000 },
          { pattern: '0 0 * * *', endDate: from + 5 },
        ],
      ];
      const slots = given.map((repeat) => lib.getNextMillis(from, repeat) ?? 'none');
      const daily = { pattern: '30 2 * * *', tz: 'America/New_York' };
      return [
        slots,
        lib.defaultRepeatStrategy(from, daily),
        await thrown(() => lib.getNextMillis(from, { every: 1, pattern: '* * * * *' })).then(
          (error) => 'code' in (error as object),
        ),
      ];
    }));
});

describe('every part', () => {
  it('is ready, and closes', () =>
    expectSame(async (bench) => {
      const { lib, name, opts } = bench;
      const parts = [
        new lib.Queue(name, opts),
        new lib.Worker(name, null, opts),
        new lib.QueueEvents(name, opts),
        new lib.QueueEventsProducer(name, opts),
        new lib.FlowProducer(opts),
        new lib.JobScheduler(name, opts),
      ];
      const shapes: unknown[] = parts.map((part) =>
        [part.on, part.once, part.off, part.emit, part.close].map((each) => typeof each),
      );
      shapes.push(parts.slice(0, 4).map((part) => (part as Queue).toKey('x')));
      for (const part of parts) await part.waitUntilReady();
      const before = parts.map((part) => typeof part.closing);
      for (const part of parts) await part.close();
      for (const part of parts) await part.close();
      const after = parts.map((part) => typeof part.closing);
      return [shapes, before, after];
    }));
});
