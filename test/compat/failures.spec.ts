import { describe, it } from '@jest/globals';
import type { FlowJob, Job, Queue, Worker } from 'bullmq';
import { type Bench, expectSame, thrown, until } from './both.js';

const newQueue = ({ lib, name, opts, use }: Bench): Queue => use(new lib.Queue(name, opts));
const byHand = ({ lib, name, opts, use }: Bench, more = {}): Worker =>
  use(new lib.Worker(name, null, { ...opts, ...more }));

/** What is stored of a job that failed. */
async function failure(queue: Queue, id: string): Promise<unknown> {
  const job = (await queue.getJob(id))!;
  const { failedReason, attemptsMade, attemptsStarted, stalledCounter, deferredFailure } = job;
  const counts = [attemptsMade, attemptsStarted, stalledCounter, deferredFailure];
  return [await job.getState(), failedReason, counts, typeof job.finishedOn];
}

describe('the stored reason', () => {
  it('of a job that stalled too often', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.add('a', {}, { jobId: 'a', attempts: 3 });
      const lost = byHand(bench, { lockDuration: 50 });
      await lost.getNextJob('token');
      const told: unknown[] = [];
      const events = use(new lib.QueueEvents(name, { ...opts, lastEventId: '0-0' }));
      for (const event of ['stalled', 'failed', 'retries-exhausted'] as const) {
        events.on(event as 'failed', (fields) => told.push([event, fields]));
      }
      const local: unknown[] = [];
      const worker = use(
        new lib.Worker(name, async () => 'never', {
          ...opts,
          ...{ stalledInterval: 60, maxStalledCount: 0, autorun: false },
        }),
      );
      worker.on('stalled', (id, prev) => local.push(['stalled', id, prev]));
      worker.on('failed', (job, error, prev) => local.push(['failed', job?.id, error.message, prev]));
      void worker.run();
      await until(async () => (await queue.getJobState('a')) === 'failed');
      await until(() => told.some((each) => (each as unknown[])[0] === 'failed') && local.length === 2);
      return { stored: await failure(queue, 'a'), told, local };
    }));

  it('of a job that was started too often', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      await queue.add('a', {}, { jobId: 'a', attempts: 9 });
      let runs = 0;
      use(
        new lib.Worker(
          name,
          async (job, token) => {
            runs += 1;
            await job.moveToDelayed(Date.now(), token);
            throw new lib.DelayedError();
          },
          { ...opts, maxStartedAttempts: 2 },
        ),
      );
      await until(async () => (await queue.getJobState('a')) === 'failed');
      return [runs, await failure(queue, 'a')];
    }));

  it('of a parent, through the generations', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const node = (jobId: string, children?: FlowJob[], more = {}): FlowJob => ({
        ...{ name: jobId, queueName: name, data: {}, opts: { jobId, ...more } },
        ...(children ? { children } : {}),
      });
      const fails = { failParentOnFailure: true };
      await use(new lib.FlowProducer(opts)).addBulk([
        node('top', [node('middle', [node('bad', undefined, fails)], fails)]),
        node('goes-on', [
          node('bad2', undefined, { continueParentOnFailure: true }),
          node('slow', undefined, { delay: 60_000 }),
        ]),
      ]);
      const ran: unknown[] = [];
      use(
        new lib.Worker(
          name,
          async (job) => {
            ran.push(job.id);
            if (job.id!.startsWith('bad')) throw new Error('as told');
            await job.removeUnprocessedChildren();
            return job.getIgnoredChildrenFailures();
          },
          opts,
        ),
      );
      await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 5);
      const ids = ['bad', 'middle', 'top', 'bad2', 'goes-on'];
      return [
        ran.toSorted(),
        await Promise.all(ids.map((id) => failure(queue, id))),
        (await queue.getJob('goes-on'))!.returnvalue,
        (await (await queue.getJob('top'))!.getDependencies()).failed,
      ];
    }));

  it('of a custom pause that says no, and of a long message', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const asked: unknown[] = [];
      use(
        new lib.Worker(
          name,
          async (job) => {
            throw Object.assign(new Error(`${job.name} ${'long '.repeat(job.data.times ?? 0)}`), { more: 1 });
          },
          {
            ...opts,
            settings: {
              backoffStrategy: (made: number, type?: string, error?: Error, job?: { name: string }) => {
                asked.push([made, type, error?.message, job?.name]);
                return made > 1 ? -1 : 1;
              },
            },
          },
        ),
      );
      await queue.add('stops', {}, { jobId: 'stops', attempts: 9, backoff: { type: 'mine' } });
      await queue.add('long', { times: 5000 }, { jobId: 'long', stackTraceLimit: 1 });
      await queue.add('short', {}, { jobId: 'short', stackTraceLimit: 0 });
      await until(async () => (await queue.getFailedCount()) === 3);
      const ids = ['stops', 'long', 'short'];
      const traces = await Promise.all(ids.map(async (id) => (await queue.getJob(id))!.stacktrace!.length));
      return [asked, await Promise.all(ids.map((id) => failure(queue, id))), traces];
    }));
});

describe('the code', () => {
  it('of what a job by hand refuses', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const worker = byHand(bench);
      const take = async (id: string, opts = {}): Promise<Job> => {
        await queue.add(id, {}, { jobId: id, ...opts });
        return (await worker.getNextJob('token')) as Job;
      };
      const codes: Record<string, unknown> = {};
      let job = await take('stranger');
      codes['stranger completes'] = await thrown(() => job.moveToCompleted(1, 'other', false));
      codes['stranger fails'] = await thrown(() => job.moveToFailed(new Error('x'), 'other', false));
      codes['stranger delays'] = await thrown(() => job.moveToDelayed(Date.now(), 'other'));
      codes['stranger waits'] = await thrown(() => job.moveToWait('other'));
      codes['stranger extends'] = await thrown(async () => (await job.extendLock('other', 1000)) === 1);
      codes['retry of an active one'] = await thrown(() => job.retry());
      codes['promotion of an active one'] = await thrown(() => job.promote());
      codes['delay of an active one'] = await thrown(() => job.changeDelay(5));
      await job.moveToDelayed(Date.now() + 60_000, 'token');
      codes['completes what is delayed'] = await thrown(() => job.moveToCompleted(1, 'token', false));
      codes['delays what is delayed'] = await thrown(() => job.moveToDelayed(Date.now(), 'token'));
      job = await take('ended');
      await job.moveToCompleted(1, 'token', false);
      codes['completes twice'] = await thrown(() => job.moveToCompleted(1, 'token', false));
      codes['retry as failed'] = await thrown(() => job.retry('failed'));
      codes['delays what has ended'] = await thrown(() => job.moveToDelayed(Date.now(), 'token'));
      job = await take('gone');
      await queue.obliterate({ force: true });
      await queue.resume();
      codes['completes what is gone'] = await thrown(() => job.moveToCompleted(1, 'token', false));
      codes['extends what is gone'] = await thrown(async () => (await job.extendLock('token', 1000)) === 1);
      codes['logs for what is gone'] = await thrown(() => job.log('x'));
      codes['clears logs of what is gone'] = await thrown(() => job.clearLogs());
      codes['moves what is gone'] = await thrown(() => job.moveToDelayed(Date.now(), 'token'));
      codes['waits for children of what is gone'] = await thrown(() => job.moveToWaitingChildren('token'));
      codes['deduplication of what is gone'] = await thrown(() => job.removeDeduplicationKey());
      return codes;
    }));

  it('of what stands between parents and children', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const worker = byHand(bench);
      await queue.add('top', {}, { jobId: 'top' });
      const top = (await worker.getNextJob('token')) as Job;
      const parent = { id: 'top', queue: queue.qualifiedName };
      await queue.add('below', {}, { jobId: 'below', parent, failParentOnFailure: true });
      const codes = [
        await thrown(() => top.moveToCompleted(1, 'token', false)),
        await thrown(() => queue.add('x', {}, { parent: { id: 'none', queue: queue.qualifiedName } })),
      ];
      const below = (await worker.getNextJob('token')) as Job;
      await below.moveToFailed(new Error('as told'), 'token', false);
      codes.push(
        await thrown(() => top.moveToCompleted(1, 'token', false)),
        await thrown(() => top.moveToWaitingChildren('token')),
      );
      const flows = use(new lib.FlowProducer(opts));
      await flows.add({
        ...{ name: 'first', queueName: name, opts: { jobId: 'first' } },
        children: [{ name: 'child', queueName: name, opts: { jobId: 'child' } }],
      });
      await queue.add('second', {}, { jobId: 'second', delay: 60_000 });
      const other = { id: 'second', queue: queue.qualifiedName };
      codes.push(await thrown(() => queue.add('child', {}, { jobId: 'child', parent: other })));
      return codes;
    }));

  it('of waits for children, in whatever state and by whomever', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const worker = byHand(bench);
      const take = async (id: string): Promise<Job> => {
        await queue.add(id, {}, { jobId: id });
        return (await worker.getNextJob('token')) as Job;
      };
      const addBelow = (id: string, below: string): Promise<Job> =>
        queue.add(below, {}, { jobId: below, delay: 60_000, parent: { id, queue: queue.qualifiedName } });
      const wait = (job: Job, token: string, more = {}): Promise<unknown> =>
        thrown(() => job.moveToWaitingChildren(token, more));
      const codes: Record<string, unknown> = {};
      const top = await take('top');
      for (const token of ['token', 'other', '']) codes[`no child, ${token}`] = await wait(top, token);
      await addBelow('top', 'child');
      for (const token of ['other', '']) codes[`a child, ${token}`] = await wait(top, token);
      for (const id of ['child', 'none']) {
        const more = { child: { id, queue: queue.qualifiedName } };
        codes[`the child ${id}, of another`] = await wait(top, 'other', more);
      }
      codes['moved'] = await wait(top, 'token');
      for (const token of ['token', 'other']) codes[`moved already, ${token}`] = await wait(top, token);
      const ended = await take('ended');
      await ended.moveToCompleted(1, 'token', false);
      codes['ended'] = await wait(ended, 'token');
      await queue.add('waiting', {}, { jobId: 'waiting' });
      codes['waiting'] = await wait((await queue.getJob('waiting'))!, 'token');
      const delayed = (await worker.getNextJob('token')) as Job;
      await addBelow('waiting', 'below');
      await delayed.moveToDelayed(Date.now() + 60_000, 'token');
      codes['delayed, with a child'] = await wait(delayed, 'token');
      return codes;
    }));

  it('of a parent that names no job', () =>
    expectSame(async (bench) => {
      const { lib, name, opts, use } = bench;
      const queue = newQueue(bench);
      const flows = use(new lib.FlowProducer(opts));
      const own = queue.qualifiedName;
      const parents = [
        ...[
          { id: 'x' },
          { queue: own },
          {},
          { id: '', queue: own },
          { id: 'x', queue: '' },
          { id: 5, queue: own },
        ],
        ...[
          { id: 'x', queue: 'no-prefix' },
          'text',
          5,
          { id: null, queue: null },
          { id: 'x', queue: `${own}:y` },
        ],
      ];
      const codes: unknown[] = [];
      for (const parent of parents as never[]) {
        codes.push(
          await thrown(() => queue.add('a', {}, { parent })),
          await thrown(() => flows.add({ name: 'a', queueName: name, opts: { parent } as object })),
        );
      }
      return codes;
    }));

  it('of a job that is read anew, by whoever holds it', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const worker = byHand(bench);
      const again = async (id: string): Promise<Job> => {
        await queue.add(id, {}, { jobId: id });
        await worker.getNextJob('token');
        return (await queue.getJob(id))!;
      };
      const codes: unknown[] = [];
      codes.push(await thrown(async () => (await again('a')).moveToWait('other')));
      codes.push(await thrown(async () => typeof (await (await queue.getJob('a'))!.moveToWait('token'))));
      await worker.getNextJob('token');
      const job = (await queue.getJob('a'))!;
      codes.push(await thrown(() => job.extendLock('token', 5000)));
      await job.moveToDelayed(Date.now() + 60_000, 'token');
      codes.push(await job.getState());
      await (await again('b')).moveToCompleted(1, 'token', false);
      await (await again('c')).moveToFailed(new Error('as told'), 'token', false);
      return [codes, await queue.getJobCounts('completed', 'failed', 'delayed', 'active')];
    }));

  it('of job schedulers', () =>
    expectSame(async (bench) => {
      const queue = newQueue(bench);
      const startDate = Date.UTC(2100, 0, 1);
      const first = (await queue.upsertJobScheduler('own', { every: 60_000, startDate }))!;
      const codes = [
        await thrown(async () => (await queue.getJob(first.id!))!.remove()),
        await thrown(() => queue.remove(first.id!)),
      ];
      return codes;
    }));
});
