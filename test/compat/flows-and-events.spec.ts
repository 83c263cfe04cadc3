import { describe, it } from '@jest/globals';
import { type Bench, expectSame, thrown, until } from './both.js';

const newQueue = ({ lib, name, opts, use }: Bench, more = {}) =>
  use(new lib.Queue(name, { ...opts, ...more }));

describe('flows', () => {
  it('have the same jobs, values and dependencies', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const flows = use(new lib.FlowProducer(opts));
      const queue = newQueue(bench);
      const node = await flows.add({
        name: 'top',
        queueName: name,
        data: { n: 1 },
        opts: { jobId: 'top' },
        children: [
          { name: 'one', queueName: name, data: { v: 1 }, opts: { jobId: 'one' } },
          { name: 'two', queueName: name, data: { v: 2 }, opts: { jobId: 'two' } },
          { name: 'bad', queueName: name, data: {}, opts: { jobId: 'bad', ignoreDependencyOnFailure: true } },
        ],
      });
      const read = (await flows.getFlow({ id: 'top', queueName: name }))!;
      const before = await (await queue.getJob('top'))!.getDependenciesCount();
      const state = await node.job.getState();
      const seen: unknown[] = [];
      use(
        new lib.Worker(
          name,
          async (job) => {
            if (job.name === 'bad') throw new Error('as told');
            if (job.name !== 'top') return job.data.v;
            seen.push(await job.getChildrenValues(), await job.getIgnoredChildrenFailures());
            const { processed, ignored, unprocessed, failed } = await job.getDependencies();
            seen.push([processed, ignored, unprocessed, failed]);
          },
          opts,
        ),
      );
      await until(async () => (await queue.getJobState('top')) === 'completed');
      const child = (await queue.getJob('one'))!;
      return {
        ...{ before, state, seen },
        children: read.children!.map(({ job }) => job.name).toSorted(),
        added: node.children!.map(({ job }) => [job.id, job.parentKey, job.parent?.queueKey]),
        counts: await queue.getJobCounts('completed', 'failed', 'waiting-children'),
        parent: [child.parentKey, child.parent?.id, child.parent?.queueKey],
      };
    }));

  it('fail a parent with the same reason, and refuse the same', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const flows = use(new lib.FlowProducer(opts));
      const queue = newQueue(bench);
      await flows.add({
        name: 'top',
        queueName: name,
        opts: { jobId: 'top' },
        children: [
          { name: 'bad', queueName: name, data: {}, opts: { jobId: 'bad', failParentOnFailure: true } },
        ],
      });
      const worker = use(
        new lib.Worker(
          name,
          async () => {
            throw new Error('as told');
          },
          opts,
        ),
      );
      worker.on('error', () => {});
      await until(async () => (await queue.getJobState('top')) === 'failed');
      const refused = await thrown(async () => {
        await flows.add({
          name: 'x',
          queueName: name,
          opts: { deduplication: { id: 'd' } } as object,
          children: [{ name: 'y', queueName: name }],
        });
      });
      return { reason: (await queue.getJob('top'))!.failedReason, refused: 'code' in (refused as object) };
    }));

  it('add children at run time and wait for them, step by step', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const steps: unknown[] = [];
      use(
        new lib.Worker(
          name,
          async (job, token) => {
            let step = job.data.step;
            while (step !== 'done') {
              steps.push([step, job.attemptsMade, job.attemptsStarted]);
              if (step === 'first') {
                await job.moveToDelayed(Date.now() + 20, token);
                await job.updateData({ step: 'second' });
                throw new lib.DelayedError();
              }
              if (step === 'second') {
                await queue.add(
                  'child',
                  { step: 'done' },
                  { parent: { id: job.id!, queue: job.queueQualifiedName } },
                );
                await job.updateData({ step: 'third' });
                step = 'third';
              } else {
                if (await job.moveToWaitingChildren(token!)) throw new lib.WaitingChildrenError();
                await job.updateData({ step: 'done' });
                step = 'done';
              }
            }
            return job.name === 'top' ? Object.values(await job.getChildrenValues()) : 7;
          },
          opts,
        ),
      );
      const job = await queue.add('top', { step: 'first' });
      await until(async () => (await queue.getJobState(job.id!)) === 'completed');
      const done = (await queue.getJob(job.id!))!;
      return { steps, result: done.returnvalue, counters: [done.attemptsMade, done.attemptsStarted] };
    }));
});

describe('queue events', () => {
  it('have the same names and fields', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const events = use(new lib.QueueEvents(name, { ...opts, lastEventId: '0-0' }));
      const told: Record<string, unknown[]> = {};
      const names = [
        ...[
          'added',
          'waiting',
          'active',
          'completed',
          'failed',
          'delayed',
          'progress',
          'removed',
          'duplicated',
        ],
        ...['deduplicated', 'retries-exhausted', 'paused', 'resumed', 'cleaned', 'waiting-children'],
      ] as const;
      for (const each of names) {
        events.on(each as 'added', (fields: any) => {
          const { delay, ...rest } = fields as Record<string, unknown>;
          (told[each] ??= []).push(delay === undefined ? rest : { ...rest, delay: typeof delay });
        });
      }
      await queue.add('a', {}, { jobId: 'a' });
      await queue.add('a', {}, { jobId: 'a' });
      await queue.add('d', {}, { jobId: 'd', delay: 60_000, deduplication: { id: 'x' } });
      await queue.add('e', {}, { jobId: 'e', deduplication: { id: 'x' } });
      await queue.remove('d');
      await queue.pause();
      await queue.resume();
      const worker = use(
        new lib.Worker(
          name,
          async (job) => {
            await job.updateProgress({ at: 1 });
            if (job.name === 'bad') throw new Error('as told');
            return job.name === 'nothing' ? undefined : { ok: true };
          },
          opts,
        ),
      );
      await until(() => told.completed?.length === 1);
      await queue.add('bad', {}, { jobId: 'bad', attempts: 2 });
      await until(() => told.failed?.length === 1);
      await queue.add('nothing', {}, { jobId: 'nothing' });
      await until(() => told.completed?.length === 2);
      await worker.close();
      await queue.clean(0, 10, 'completed');
      await until(() => told.cleaned?.length === 1);
      return told;
    }));

  it('of one’s own come through', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const events = use(new lib.QueueEvents(name, opts));
      await events.waitUntilReady();
      const told: unknown[] = [];
      events.on('mine' as never, ((fields: unknown) => told.push(fields)) as never);
      const producer = use(new lib.QueueEventsProducer(name, opts));
      await producer.publishEvent({ eventName: 'mine', text: 'hello' });
      await until(() => told.length === 1);
      return told;
    }));

  it('let a job be waited for', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const events = use(new lib.QueueEvents(name, opts));
      await events.waitUntilReady();
      use(
        new lib.Worker(
          name,
          async (job) => {
            if (job.name === 'bad') throw new Error('as told');
            return 5;
          },
          opts,
        ),
      );
      const result: unknown = await (await queue.add('a', {})).waitUntilFinished(events);
      const failure = await (
        await queue.add('bad', {})
      )
        .waitUntilFinished(events)
        .catch((error: Error) => error.message);
      return [result, failure];
    }));
});

describe('job schedulers', () => {
  it('make and show the same', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const startDate = Date.UTC(2100, 0, 1);
      const first = await queue.upsertJobScheduler(
        'nightly',
        { pattern: '0 3 * * *', tz: 'Europe/Berlin', startDate, limit: 5 },
        { name: 'tidy', data: { n: 1 }, opts: { attempts: 3, backoff: 100 } },
      );
      await queue.upsertJobScheduler('often', { every: 60_000, startDate });
      const shown = await queue.getJobSchedulers(0, -1, true);
      const removal = await thrown(() => queue.remove(first!.id!));
      const codes = [
        await thrown(() => queue.upsertJobScheduler('x', {})),
        await thrown(() => queue.upsertJobScheduler('x', { every: 5, pattern: '* * * * *' })),
      ].map((each) => 'code' in (each as object));
      const removed = [await queue.removeJobScheduler('often'), await queue.removeJobScheduler('often')];
      await queue.removeJobScheduler('nightly');
      const done: unknown[] = [];
      use(
        new lib.Worker(
          name,
          async (job) => {
            done.push([
              job.name,
              job.data,
              job.repeatJobKey,
              (job.opts as { repeat?: { count?: number } }).repeat?.count,
            ]);
          },
          opts,
        ),
      );
      await queue.upsertJobScheduler('twice', { every: 100, limit: 2 }, { name: 'go', data: 5 });
      await until(() => done.length === 2);
      return {
        ...{ shown, removal, codes, removed, done },
        first: [first!.id, first!.name, first!.data, first!.opts.attempts, first!.repeatJobKey],
        counts: [await queue.getJobSchedulersCount(), (await queue.getJobScheduler('none')) ?? 'none'],
      };
    }));
});

describe('deduplication', () => {
  it('keeps, extends, replaces and reschedules the same', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const add = async (id: string, deduplication: object, more = {}): Promise<unknown> =>
        (await queue.add('a', { id }, { jobId: id, deduplication: deduplication as { id: string }, ...more }))
          .id;
      const ids = [
        await add('a1', { id: 'a' }),
        await add('a2', { id: 'a' }),
        await add('r1', { id: 'r', ttl: 60_000, extend: true, replace: true }, { delay: 60_000 }),
        await add('r2', { id: 'r', ttl: 60_000, extend: true, replace: true }, { delay: 60_000 }),
        await add('s1', { id: 's', reschedule: true }, { delay: 60_000 }),
        await add('s2', { id: 's', reschedule: true }, { delay: 5000 }),
      ];
      const rescheduled = (await queue.getJob('s1'))!;
      return {
        ids,
        owners: [await queue.getDeduplicationJobId('a'), await queue.getDeduplicationJobId('r')],
        none: await queue.getDeduplicationJobId('none'),
        removed: [await queue.removeDeduplicationKey('a'), await queue.removeDeduplicationKey('a')],
        s: [rescheduled.delay, rescheduled.data],
        soon: await queue.getDelayedCount(Date.now() + 10_000),
        counts: await queue.getJobCounts('wait', 'delayed'),
      };
    }));
});
