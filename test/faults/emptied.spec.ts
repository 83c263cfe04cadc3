import { describe, expect, it } from '@jest/globals';
import { JobNotFoundError, LockLostError } from '../../lib/engine.js';
import { EngineLab, Gate, next } from '../support/engine-lab.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['LOCK_LOST', 'JOB_NOT_FOUND'] });

describe('a server that has lost what it had answered, with nobody cut off', () => {
  it('aborts the run of a job that is gone, and the worker goes on with others', async () => {
    const queue = lab.queue();
    let aborted!: (reason: unknown) => void;
    const reason = new Promise((resolve) => (aborted = resolve));
    const worker = lab.worker(
      async (job, _token, signal) => {
        if (job.data === 'next') return job.data;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted(signal.reason);
        return 'of nobody';
      },
      { lockDuration: 1000, lockRenewTime: 30, concurrency: 2 },
    );
    await Promise.all([queue.add('a', 'first'), next(worker, 'active')]);

    await lab.client.flushall();

    expect(await reason).toBeInstanceOf(LockLostError);
    const completed = next(worker, 'completed');
    await queue.add('a', 'next');
    expect((await completed)[0].data).toBe('next');
    expect(await queue.getJobCounts('active', 'waiting', 'completed')).toEqual({
      active: 0,
      waiting: 0,
      completed: 1,
    });
  });

  it('lets no run of a job that is gone touch another one, to which its number was given again', async () => {
    const queue = lab.queue();
    const gates = [new Gate(), new Gate()];
    const runs: string[] = [];
    // Renewing is not what finds it out here.
    const worker = lab.worker(
      async (job) => {
        runs.push(job.data as string);
        await gates[runs.length - 1]!.passed;
        return `of ${String(job.data)}`;
      },
      { lockDuration: 60_000, concurrency: 2 },
    );
    const [old] = await Promise.all([queue.add('a', 'old'), next(worker, 'active')]);

    await lab.client.flushall();
    const [again] = await Promise.all([queue.add('a', 'new'), next(worker, 'active')]);
    expect(again.id).toBe(old.id);
    const refused = next(worker, 'error');
    gates[0]!.open();
    expect((await refused)[0]).toMatchObject({ code: expect.stringMatching(/LOCK_LOST|JOB_NOT_FOUND/) });
    expect(await queue.getJobState(again.id)).toBe('active');
    const completed = next(worker, 'completed');
    gates[1]!.open();

    expect((await completed)[1]).toBe('of new');
    expect((await queue.getJob(again.id))!.returnvalue).toBe('of new');
    expect(runs).toEqual(['old', 'new']);
  });

  it('has nobody wait for a job that is gone', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const job = await queue.add('a', 0);
    const waiting = job.waitUntilFinished(events).catch((error: unknown) => error);
    await queue.getJob(job.id);

    await lab.client.flushall();

    // What is told next has a number that was there before.
    await queue.add('a', 1);
    expect(await waiting).toBeInstanceOf(JobNotFoundError);
  });
});
