import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { defineSteps, type Job, LockLostError } from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** A worker whose locks nobody renews, as if its process had stopped. */
const DEAD = { skipLockRenewal: true, skipStalledCheck: true, lockDuration: 50 };

describe('locks', () => {
  it('are renewed while a job runs', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const runs: string[] = [];
    const worker = lab.worker(
      async ({ id }) => {
        runs.push(id);
        await gate.passed;
      },
      { lockDuration: 1000, lockRenewTime: 40, stalledInterval: 20 },
    );
    const renewed = nextFew(worker, 'locksRenewed', 4);
    const { id } = await queue.add('a', 0);
    expect((await renewed).map(([told]) => told)).toEqual(
      Array.from({ length: 4 }, () => ({ count: 1, jobIds: [id] })),
    );
    const completed = next(worker, 'completed');
    gate.open();
    await completed;
    expect(runs).toEqual([id]);
    expect(await queue.getJob(id)).toMatchObject({ stalledCounter: 0, attemptsStarted: 1 });
  });

  it('that were lost abort the signal, are told, and what the run still writes is refused', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    let lost!: { job: Job; signal: AbortSignal };
    const worker = lab.worker(
      async (job, _token, signal) => {
        if (job.attemptsStarted > 1) return 'second';
        lost = { job, signal };
        await gate.passed;
        return 'first';
      },
      { lockDuration: 2000, lockRenewTime: 30, stalledInterval: 10_000, concurrency: 2 },
    );
    const [{ id }] = await Promise.all([queue.add('a', 'data'), next(worker, 'active')]);
    const failed = next(worker, 'lockRenewalFailed');
    const completed = next(worker, 'completed');
    // As if the worker had been held up: its lock ran out, and another look found it.
    await lab.client.zadd(lab.keys.of('active'), 1, id);
    await lab.worker(async () => 'other', { autorun: false, concurrency: 1 }).startStalledCheckTimer();
    expect(await failed).toEqual([[id]]);
    expect(lost.signal.aborted).toBe(true);
    expect(lost.signal.reason).toBeInstanceOf(LockLostError);
    expect((await completed)[1]).toBe('second');

    const before = await lab.dump();
    await expect(lost.job.updateData('stale')).rejects.toThrow(LockLostError);
    await expect(lost.job.updateProgress(1)).rejects.toThrow(LockLostError);
    await expect(lost.job.log('stale')).rejects.toThrow(LockLostError);
    await expect(lost.job.clearLogs()).rejects.toThrow(LockLostError);
    await expect(lost.job.moveToDelayed(Date.now() + 10)).rejects.toThrow(LockLostError);
    await expect(lost.job.moveToWait()).rejects.toThrow(LockLostError);
    await expect(lost.job.moveToCompleted('stale', lost.job.token!)).rejects.toThrow(LockLostError);
    await expect(lost.job.moveToFailed(new Error('stale'), lost.job.token!)).rejects.toThrow(LockLostError);
    expect(await lost.job.extendLock(lost.job.token!, 1000)).toBe(0);
    gate.open();
    await worker.close();
    expect(lab.takeErrors()).toEqual([expect.any(LockLostError)]);
    const after = await lab.dump();
    for (const dump of [before, after]) {
      for (const key of Object.keys(dump)) if (key.startsWith('writer:')) delete dump[key];
    }
    expect(after).toEqual(before);
  });
});

describe('a job whose worker died', () => {
  it('starts again within lockDuration and stalledInterval, and is told as stalled', async () => {
    const queue = lab.queue();
    const dead = lab.worker(() => new Promise<string>(() => {}), { ...DEAD, lockDuration: 150 });
    const [{ id }] = await Promise.all([queue.add('a', 0), next(dead, 'active')]);
    const from = Date.now();
    const events = await lab.events();
    const told = next(events, 'stalled');
    const worker = lab.worker(async () => 'done', { stalledInterval: 100 });
    const stalled = next(worker, 'stalled');
    await next(worker, 'completed');
    const took = Date.now() - from;
    expect(took).toBeLessThan(150 + 100 + 150);
    expect(await stalled).toEqual([id, 'active']);
    expect((await told)[0]).toEqual({ jobId: id });
    expect(await queue.getJob(id)).toMatchObject({
      stalledCounter: 1,
      attemptsStarted: 2,
      attemptsMade: 1,
      returnvalue: 'done',
    });
  });

  it('goes to the front', async () => {
    const queue = lab.queue();
    const dead = lab.worker(() => new Promise<string>(() => {}), DEAD);
    await Promise.all([queue.add('stalled', 0), next(dead, 'active')]);
    await dead.pause(true);
    await queue.add('waiting', 0);
    await sleep(60);
    const names: string[] = [];
    const worker = lab.worker(async ({ name }) => void names.push(name), { autorun: false });
    const stalled = next(worker, 'stalled');
    await worker.startStalledCheckTimer();
    await stalled;
    const completed = nextFew(worker, 'completed', 2);
    void worker.run();
    await completed;
    expect(names).toEqual(['stalled', 'waiting']);
  });

  it.each([0, 1, 2])(
    'fails after it stalled more than maxStalledCount = %i times',
    async (maxStalledCount) => {
      const queue = lab.queue();
      let runs = 0;
      const dead = lab.worker(
        async () => {
          runs += 1;
          await new Promise(() => {});
        },
        { ...DEAD, concurrency: 10 },
      );
      const checker = lab.worker(null, { stalledInterval: 40, maxStalledCount });
      const events = await lab.events();
      const told = next(events, 'failed');
      const failed = next(checker, 'failed');
      const { id } = await queue.add('a', 0, { attempts: 5 });
      await checker.startStalledCheckTimer();
      const [job, error] = await failed;
      expect([job.id, error.name, error.message]).toEqual([
        id,
        'UnrecoverableError',
        'job stalled more than allowable limit',
      ]);
      expect((await told)[0]).toMatchObject({
        jobId: id,
        failedReason: 'job stalled more than allowable limit',
      });
      expect(runs).toBe(maxStalledCount + 1);
      expect(await queue.getJob(id)).toMatchObject({ stalledCounter: maxStalledCount + 1, attemptsMade: 1 });
      void dead;
    },
  );

  it('is not started more than maxStartedAttempts times', async () => {
    const queue = lab.queue();
    let runs = 0;
    const worker = lab.worker(
      async (job) => {
        runs += 1;
        await job.moveToWait();
        const { WaitingError } = await import('../../lib/engine.js');
        throw new WaitingError();
      },
      { maxStartedAttempts: 3 },
    );
    const failed = next(worker, 'failed');
    const { id } = await queue.add('a', 0, { attempts: 5 });
    const [, error] = await failed;
    expect(error.message).toBe('job started more than allowable limit');
    expect(runs).toBe(3);
    const job = (await queue.getJob(id))!;
    expect(job).toMatchObject({ attemptsStarted: 4, attemptsMade: 1 });

    await Promise.all([next(worker, 'failed'), job.retry()]);
    expect(runs).toBe(3);
    await Promise.all([
      next(worker, 'failed'),
      (await queue.getJob(id))!.retry('failed', { resetAttemptsStarted: true }),
    ]);
    expect(runs).toBe(6);
  });

  it.each([
    ['completes a step after each of them', 3, 'completed'],
    ['gets stuck at one place', 0, 'failed'],
  ])('may stall as often as it likes where it %s', async (_what, steps, state) => {
    const queue = lab.queue();
    const runs: Record<string, number> = {};
    const names = ['a', 'b', 'c', 'd'];
    const step = (name: string, i: number) => async () => {
      runs[name] = (runs[name] ?? 0) + 1;
      // Each worker dies in a step; where the job gets on, in one that no other died in.
      if (runs[name] === 1 || i >= steps) await new Promise(() => {});
    };
    const processor = defineSteps(
      Object.fromEntries(names.slice(0, steps || 1).map((name, i) => [name, step(name, i)])),
    );
    const options = { lockDuration: 400, skipLockRenewal: true, stalledInterval: 100, concurrency: 9 };
    lab.worker(processor, { ...options, maxStalledCount: 1 });
    const { id } = await queue.add('a', 0);
    await until(async () => (await queue.getJobState(id)) === state);
    expect(runs.a).toBe(2);
  });
});
