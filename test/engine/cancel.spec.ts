import { setTimeout as sleepMs } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  defineSteps,
  InvalidOptionError,
  type Job,
  JobCancelledError,
  JobNotFoundError,
  sleep,
  waitForSignal,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('cancel', () => {
  it('ends jobs that wait or are delayed at once, and says why', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const told = nextFew(events, 'cancelled', 2);
    const [waiting, delayed] = await Promise.all([queue.add('a', 0), queue.add('b', 0, { delay: 60_000 })]);
    expect(await queue.cancel(waiting.id)).toBe('cancelled');
    expect(await delayed.cancel('not wanted any more')).toBe('cancelled');
    expect((await told).map(([{ jobId, reason }]) => [jobId, reason])).toEqual([
      [waiting.id, 'The job was cancelled.'],
      [delayed.id, 'not wanted any more'],
    ]);
    const stored = (await queue.getJob(delayed.id))!;
    expect(stored).toMatchObject({
      failedReason: 'not wanted any more',
      attemptsMade: 0,
      cancellation: { reason: 'not wanted any more', undo: true },
    });
    expect(await stored.isFailed()).toBe(true);
    expect(await queue.cancel(delayed.id)).toBe('finished');
    await expect(delayed.waitUntilFinished(events)).rejects.toThrow('not wanted any more');
  });

  it('aborts a job that runs in whatever worker, with all attempts that it has', async () => {
    const queue = lab.queue();
    const reasons: unknown[] = [];
    const worker = lab.worker(async (_job, _token, signal) => {
      try {
        await untilAborted(signal);
      } catch (error) {
        reasons.push(error);
        throw error;
      }
    });
    const active = next(worker, 'active');
    const job = await queue.add('a', 0, { attempts: 5, backoff: 60_000 });
    await active;
    await sleepMs(50);
    const failed = next(worker, 'failed');
    const from = performance.now();
    expect(await queue.cancel(job.id, 'enough')).toBe('cancelling');
    const [failedJob, error] = (await failed) as [Job, Error];
    expect(performance.now() - from).toBeLessThan(2000);
    expect(error).toBeInstanceOf(JobCancelledError);
    expect(error).toMatchObject({ code: 'JOB_CANCELLED', reason: 'enough', isFinal: true });
    expect(reasons).toEqual([error]);
    expect(failedJob.failedReason).toBe('enough');
    expect(await job.isFailed()).toBe(true);
    expect(await queue.getJob(job.id)).toMatchObject({ failedReason: 'enough', attemptsMade: 1 });
  });

  it('ends one of several jobs that a worker has started at once, and no other', async () => {
    const queue = lab.queue();
    const jobs = await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: 0 })));
    const gate = new Gate();
    const worker = lab.worker(
      async (_job, _token, signal) => {
        await Promise.race([untilAborted(signal), gate.passed]);
      },
      { concurrency: 3 },
    );
    await nextFew(worker, 'active', 3);
    const failed = next(worker, 'failed');
    await queue.cancel(jobs[1]!.id);
    expect((await failed)[0].name).toBe('b');
    const completed = nextFew(worker, 'completed', 2);
    gate.open();
    expect((await completed).map(([{ name }]) => name)).toEqual(['a', 'c']);
  });

  it('fails a job whose processor does not look at its signal, and completes', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const worker = lab.worker(async () => {
      await gate.passed;
      return 'done';
    });
    const active = next(worker, 'active');
    const job = await queue.add('a', 0);
    await active;
    expect(await queue.cancel(job.id, 'enough')).toBe('cancelling');
    expect(await queue.cancel(job.id, 'twice')).toBe('cancelling');
    const failed = next(worker, 'failed');
    gate.open();
    await failed;
    expect(await queue.getJob(job.id)).toMatchObject({ failedReason: 'enough', returnvalue: null });
  });

  it('undoes the steps of a job that sleeps, or waits for a signal', async () => {
    const queue = lab.queue();
    const undone: string[] = [];
    const reserve = {
      run: () => 'R1',
      compensate: (job: Job, ctx: { failedReason: string | undefined }) =>
        void undone.push(`${job.name}: ${ctx.failedReason}`),
    };
    const worker = lab.worker(
      defineSteps({
        reserve,
        pause: (job: Job) => (job.name === 'sleeps' ? sleep(60_000) : waitForSignal('go')),
        ship: () => undone.push('shipped'),
      }),
    );
    const events = await lab.events();
    const delayed = nextFew(events, 'delayed', 2);
    const jobs = await queue.addBulk(['sleeps', 'awaits'].map((name) => ({ name, data: 0 })));
    await delayed;
    const failed = nextFew(worker, 'failed', 2);
    for (const job of jobs) {
      expect(await job.cancel('enough')).toBe('cancelling');
    }
    await failed;
    expect(undone.toSorted()).toEqual(['awaits: enough', 'sleeps: enough']);
    expect(await queue.getFailedCount()).toBe(2);
  });

  it('undoes the steps of a job that runs, with a signal that is not aborted', async () => {
    const queue = lab.queue();
    const did: string[] = [];
    const begun = new Gate();
    const worker = lab.worker(
      defineSteps({
        reserve: {
          run: () => void did.push('reserved'),
          compensate: (_job: Job, ctx) => void did.push(`released ${ctx.signal.aborted}`),
        },
        charge: async (_job: Job, ctx) => {
          begun.open();
          await untilAborted(ctx.signal);
        },
      }),
    );
    const failed = next(worker, 'failed');
    const job = await queue.add('a', 0, { attempts: 5, backoff: 60_000 });
    await begun.passed;
    await job.cancel('enough');
    await failed;
    expect(did).toEqual(['reserved', 'released false']);
    expect(await queue.getJob(job.id)).toMatchObject({ failedReason: 'enough' });
  });

  it('leaves what was done where it is asked to', async () => {
    const queue = lab.queue();
    const did: string[] = [];
    const begun = new Gate();
    const worker = lab.worker(
      defineSteps({
        reserve: { run: () => void did.push('reserved'), compensate: () => void did.push('released') },
        charge: async (_job: Job, ctx) => {
          begun.open();
          await untilAborted(ctx.signal);
        },
      }),
    );
    const failed = next(worker, 'failed');
    const job = await queue.add('a', 0);
    await begun.passed;
    await job.cancel('enough', { undo: false });
    await failed;
    expect(did).toEqual(['reserved']);
  });

  it('ends the children too, in other queues as well, where it is asked to', async () => {
    const queue = lab.queue();
    const parts = lab.queue({}, `${lab.name}-parts`);
    const flow = await lab.flows().add({
      ...{ name: 'album', queueName: lab.name },
      children: [
        { name: 'photo', queueName: parts.name, data: 1 },
        { name: 'photo', queueName: parts.name, data: 2, opts: { delay: 60_000 } },
      ],
    });
    await until(async () => (await parts.count()) === 2);
    expect(await queue.cancel(flow.job.id, 'enough', { children: true })).toBe('cancelled');
    expect(await queue.getFailedCount()).toBe(1);
    await until(async () => (await parts.getFailedCount()) === 2);
  });

  it('gives a limit its place back, and lets a retry run', async () => {
    const queue = lab.queue({ limits: { one: { concurrency: 1 } } });
    let runs = 0;
    const worker = lab.worker(
      async (job, _token, signal) => {
        runs += 1;
        if (job.name === 'a' && runs === 1) await untilAborted(signal);
      },
      { concurrency: 5 },
    );
    const active = next(worker, 'active');
    const [a] = await queue.addBulk(['a', 'b'].map((name) => ({ name, data: 0, opts: { limits: ['one'] } })));
    await active;
    const b = next(worker, 'completed');
    await a!.cancel();
    expect(((await b)[0] as Job).name).toBe('b');
    const again = next(worker, 'completed');
    await (await queue.getJob(a!.id))!.retry();
    expect(((await again)[0] as Job).cancellation).toBeUndefined();
  });

  it('refuses what it cannot use, and jobs that are not there', async () => {
    const queue = lab.queue();
    await expect(queue.cancel('nobody')).rejects.toThrow(JobNotFoundError);
    const job = await queue.add('a', 0);
    await expect(queue.cancel(job.id, 5 as never)).rejects.toThrow(InvalidOptionError);
    await expect(queue.cancel(job.id, 'x'.repeat(5000))).rejects.toThrow(InvalidOptionError);
    await expect(queue.cancel(job.id, 'x', { undone: true } as never)).rejects.toThrow('undo');
    expect(await job.isWaiting()).toBe(true);
  });
});
