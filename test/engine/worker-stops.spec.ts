import { describe, expect, it, jest } from '@jest/globals';
import { JobCancelledError, Worker, WorkerClosingError } from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

describe('pausing a worker', () => {
  it('waits for running jobs and starts none until it resumes', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const started = new Gate();
    const worker = lab.worker(async () => {
      started.open();
      await gate.passed;
    });
    await queue.addBulk([
      { name: 'a', data: 0 },
      { name: 'b', data: 0 },
    ]);
    await started.passed;
    let isPaused = false;
    const pausing = worker.pause().then(() => (isPaused = true));
    expect(worker.isPaused()).toBe(true);
    const told = next(worker, 'paused');
    const completed = next(worker, 'completed');
    gate.open();
    await completed;
    await Promise.all([pausing, told]);
    expect(isPaused).toBe(true);
    expect(await queue.getJobCounts('waiting', 'active', 'completed')).toEqual({
      waiting: 1,
      active: 0,
      completed: 1,
    });
    const resumed = next(worker, 'resumed');
    const second = next(worker, 'completed');
    await worker.resume();
    await Promise.all([resumed, second]);
    expect(worker.isPaused()).toBe(false);
  });

  it('returns at once when it need not wait', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const worker = lab.worker(() => gate.passed);
    await Promise.all([next(worker, 'active'), queue.add('a', 0)]);
    await worker.pause(true);
    expect(await queue.getActiveCount()).toBe(1);
    const completed = next(worker, 'completed');
    gate.open();
    await completed;
  });

  it('hands a wake-up on to other workers', async () => {
    const queue = lab.queue();
    const paused = lab.worker(async () => 'paused');
    const other = lab.worker(async () => 'other');
    await Promise.all([paused.waitUntilReady(), other.waitUntilReady(), paused.pause()]);
    for (let i = 0; i < 5; i += 1) {
      const completed = next(other, 'completed');
      await queue.add('a', 0);
      expect((await completed)[1]).toBe('other');
    }
  });
});

describe('running a worker', () => {
  it('is up to the caller with autorun off', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 'done', { autorun: false });
    await queue.add('a', 0);
    await worker.waitUntilReady();
    expect(worker.isRunning()).toBe(false);
    expect(await queue.getWaitingCount()).toBe(1);
    const completed = next(worker, 'completed');
    const running = worker.run();
    expect(worker.isRunning()).toBe(true);
    await completed;
    await worker.close();
    await running;
    expect(worker.isRunning()).toBe(false);
  });

  it('has no signal to give to a processor that does not look at it, and one to all others', async () => {
    const queue = lab.queue();
    const signals: (AbortSignal | undefined)[] = [];
    const worker = lab.worker(function (...args: unknown[]) {
      signals.push(args[2] as AbortSignal);
    });
    await Promise.all([next(worker, 'completed'), queue.add('a', 0)]);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
    expect(signals[0]!.aborted).toBe(false);
  });
});

describe('starting and stopping a worker', () => {
  const notRunnable = { name: 'NotRunnableError', code: 'NOT_RUNNABLE' };

  it('refuses to run twice, without a processor, and when it was closed', async () => {
    const twice = lab.worker(async () => 1, { autorun: false });
    const running = twice.run();
    await expect(twice.run()).rejects.toMatchObject(notRunnable);
    await expect(lab.worker(async () => 1).run()).rejects.toMatchObject(notRunnable);
    await expect(lab.worker(null).run()).rejects.toMatchObject(notRunnable);
    await twice.close();
    await running;
    await expect(twice.run()).rejects.toMatchObject(notRunnable);
    expect(twice.isRunning()).toBe(false);
    const events = await lab.events();
    await expect(events.run()).rejects.toMatchObject(notRunnable);
  });

  it('is paused before it runs, and begins with resume', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 'done', { autorun: false });
    await worker.pause();
    expect([worker.isPaused(), worker.isRunning()]).toEqual([true, false]);
    await worker.run();
    await queue.add('a', 0);
    await worker.waitUntilReady();
    expect(await queue.getWaitingCount()).toBe(1);
    const completed = next(worker, 'completed');
    await worker.resume();
    await completed;
    expect([worker.isPaused(), worker.isRunning()]).toEqual([false, true]);
  });

  it('does not run any more once it is paused and its jobs are through', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const worker = lab.worker(() => gate.passed, { autorun: false });
    const running = worker.run();
    await Promise.all([next(worker, 'active'), queue.add('a', 0)]);
    await worker.pause(true);
    expect(worker.isRunning()).toBe(true);
    gate.open();
    await running;
    expect(worker.isRunning()).toBe(false);
    const completed = next(worker, 'completed');
    await Promise.all([worker.resume(), queue.add('a', 0), completed]);
    expect(worker.isRunning()).toBe(true);
  });

  it('gives no job by hand while it is paused, and ends who waits for one', async () => {
    const queue = lab.queue();
    const worker = lab.worker(null, { drainDelay: 60 });
    const waiting = worker.getNextJob('a');
    await worker.waitUntilReady();
    await worker.pause();
    expect(await waiting).toBeUndefined();
    await queue.add('a', 0);
    expect(await worker.getNextJob('a')).toBeUndefined();
    await worker.resume();
    const active = next(worker, 'active');
    const job = (await worker.getNextJob('a'))!;
    expect(await active).toEqual([job, 'waiting']);
    await job.moveToCompleted('done', 'a');
    expect(Math.abs(job.finishedOn! - Date.now())).toBeLessThan(5000);
  });

  it('waits for each job by hand as long as it was asked to, whatever others do', async () => {
    const [patient, hasty] = [lab.worker(null, { drainDelay: 60 }), lab.worker(null, { drainDelay: 0.2 })];
    const waiting = patient.getNextJob('a');
    await patient.waitUntilReady();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const from = performance.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(0);
    expect(await hasty.getNextJob('b')).toBeUndefined();
    clock.mockRestore();
    expect(performance.now() - from).toBeLessThan(3000);
    await patient.close();
    expect(await waiting).toBeUndefined();
  });
});

describe('what a worker leaves to others', () => {
  it('is the marker of a job that came when it did not wait any more', async () => {
    const queue = lab.queue();
    const idle = lab.worker(async () => 'idle', {
      connection: lab.connection({ connectionName: 'idle' }),
      drainDelay: 60,
    });
    await Promise.all([idle.waitUntilReady(), next(idle, 'drained')]);
    const other = lab.worker(async () => 'other', {
      connection: lab.connection({ connectionName: 'other' }),
      drainDelay: 60,
    });
    await Promise.all([other.waitUntilReady(), next(other, 'drained')]);
    // Its read goes on, and is the first in the line.
    await until(async () => String(await lab.client.client('LIST')).split('cmd=bzpopmin').length > 2);
    await idle.pause();
    const completed = next(other, 'completed');
    await queue.add('a', 0);
    expect((await completed)[1]).toBe('other');
  });
});

describe('closing a worker', () => {
  it('waits for running jobs and starts no other', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const worker = lab.worker(() => gate.passed);
    await Promise.all([
      next(worker, 'active'),
      queue.addBulk([
        { name: 'a', data: 0 },
        { name: 'b', data: 0 },
      ]),
    ]);
    const told = [next(worker, 'closing'), next(worker, 'closed')];
    const closing = worker.close();
    const again = worker.close();
    gate.open();
    await Promise.all([closing, again, ...told]);
    await worker.close();
    expect(await queue.getJobCounts('waiting', 'active', 'completed')).toEqual({
      waiting: 1,
      active: 0,
      completed: 1,
    });
  });

  it('by force aborts the signal and hands jobs back at once, without counting an attempt', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    let signal!: AbortSignal;
    const worker = lab.worker(async (_job, _token, given) => {
      signal = given;
      await gate.passed;
    });
    const [{ id }] = await Promise.all([queue.add('a', 0), next(worker, 'active')]);
    const from = Date.now();
    await worker.close(true);
    expect(Date.now() - from).toBeLessThan(500);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(WorkerClosingError);
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 0, attemptsStarted: 1, stalledCounter: 0 });
    expect(await queue.getJobState(id)).toBe('waiting');

    const other = lab.worker(async () => 'other');
    expect((await next(other, 'completed'))[1]).toBe('other');
    // The first processor still runs; what it comes to changes nothing.
    gate.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await queue.getJob(id)).toMatchObject({
      returnvalue: 'other',
      attemptsMade: 1,
      attemptsStarted: 2,
    });
  });

  it('hands back what still runs at the deadline', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => new Promise<void>(() => {}), { closeTimeout: 100, concurrency: 2 });
    await Promise.all([
      nextFew(worker, 'active', 2),
      queue.addBulk([
        { name: 'a', data: 0 },
        { name: 'b', data: 0 },
      ]),
    ]);
    const from = Date.now();
    await worker.close();
    const took = Date.now() - from;
    expect(took).toBeGreaterThanOrEqual(95);
    expect(took).toBeLessThan(600);
    expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 2, active: 0 });
  });

  it('may be shortened by a second call', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => new Promise<void>(() => {}));
    await Promise.all([next(worker, 'active'), queue.add('a', 0)]);
    const slow = worker.close();
    const from = Date.now();
    await worker.close({ timeoutMs: 50 });
    await slow;
    expect(Date.now() - from).toBeLessThan(600);
  });

  it('lets a processor end by itself when its signal tells it to', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      (_job, _token, signal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    const [{ id }] = await Promise.all([queue.add('a', 0, { attempts: 3 }), next(worker, 'active')]);
    await worker.close(true);
    expect(await queue.getJobState(id)).toBe('waiting');
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 0 });
  });

  it('works before Redis was reached, and twice', async () => {
    const worker = lab.worker(async () => 1);
    await Promise.all([worker.close(), worker.close()]);
    expect(await worker.getNextJob('t')).toBeUndefined();
  });

  it('leaves another worker of the process running', async () => {
    const queue = lab.queue();
    const [one, other] = [lab.worker(async () => 1), lab.worker(async () => 2)];
    await one.close();
    const completed = next(other, 'completed');
    await queue.add('a', 0);
    expect((await completed)[1]).toBe(2);
  });
});

describe('cancelling a job', () => {
  it('aborts its signal with the reason; what the processor then throws fails the attempt', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      (_job, _token, signal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { concurrency: 3 },
    );
    const active = nextFew(worker, 'active', 3);
    const jobs = await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: 0 })));
    await active;
    expect(worker.cancelJob('nobody')).toBe(false);
    const one = next(worker, 'failed');
    expect(worker.cancelJob(jobs[1]!.id, 'no longer wanted')).toBe(true);
    const [job, error] = await one;
    expect(job.id).toBe(jobs[1]!.id);
    expect(error).toBeInstanceOf(JobCancelledError);
    expect([error.message, error.reason, `${error}`]).toEqual(
      Array.from({ length: 3 }, () => 'no longer wanted'),
    );
    const others = nextFew(worker, 'failed', 2);
    worker.cancelAllJobs();
    await others;
    expect(worker.cancelJob(jobs[0]!.id)).toBe(false);
  });

  it('is up to the processor: one that goes on completes', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const worker: Worker = lab.worker(async (_job, _token, signal) => {
      await gate.passed;
      return signal.aborted;
    });
    const [{ id }] = await Promise.all([queue.add('a', 0), next(worker, 'active')]);
    worker.cancelJob(id);
    gate.open();
    expect((await next(worker, 'completed'))[1]).toBe(true);
    await until(async () => (await queue.getCompletedCount()) === 1);
  });
});
