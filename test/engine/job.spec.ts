import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionError,
  Job,
  JobNotFoundError,
  LockLostError,
  UnrecoverableError,
  WrongStateError,
} from '../../lib/engine.js';
import { EngineLab, next } from '../support/engine-lab.js';

const lab = EngineLab.open();

describe('what belongs to a job', () => {
  it('data can be replaced', async () => {
    const queue = lab.queue<object>();
    const job = await queue.add('a', { n: 1 }, { attempts: 3 });
    await job.updateData({ n: 2 });
    expect(job.data).toEqual({ n: 2 });
    expect(await Job.fromId(queue, job.id)).toMatchObject({
      name: 'a',
      data: { n: 2 },
      opts: { attempts: 3 },
    });
  });

  it('progress is stored and told, by the job and by its id', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const job = await queue.add('a', 0);
    for (const progress of [42, 'half', { done: 1 }, true]) {
      const [told, local] = [next(events, 'progress'), next(queue, 'progress')];
      await job.updateProgress(progress);
      expect((await told)[0]).toEqual({ jobId: job.id, data: progress });
      expect(await local).toEqual([job.id, progress]);
      expect((await queue.getJob(job.id))!.progress).toEqual(progress);
    }
    const told = next(events, 'progress');
    await queue.updateJobProgress(job.id, 99);
    expect((await told)[0]).toEqual({ jobId: job.id, data: 99 });
    await expect(queue.updateJobProgress('nobody', 1)).rejects.toThrow(JobNotFoundError);
  });

  it('logs are kept in order, as many as asked for', async () => {
    const queue = lab.queue();
    const job = await queue.add('a', 0);
    expect([await job.log('one'), await job.log('two\nlines'), await job.log('ünï')]).toEqual([1, 2, 3]);
    expect(await queue.addJobLog(job.id, 'four')).toBe(4);
    expect(await queue.getJobLogs(job.id)).toEqual({ logs: ['one', 'two\nlines', 'ünï', 'four'], count: 4 });
    expect(await queue.getJobLogs(job.id, 0, 1, false)).toEqual({ logs: ['four', 'ünï'], count: 4 });
    expect(await queue.getJobLogs(job.id, 1, 2)).toEqual({ logs: ['two\nlines', 'ünï'], count: 4 });
    expect(await queue.addJobLog(job.id, 'five', 2)).toBe(2);
    await job.clearLogs(1);
    expect(await queue.getJobLogs(job.id)).toEqual({ logs: ['five'], count: 1 });
    await job.clearLogs();
    expect(await queue.getJobLogs(job.id)).toEqual({ logs: [], count: 0 });
    await expect(queue.addJobLog('nobody', 'x')).rejects.toThrow(JobNotFoundError);

    const short = await queue.add('a', 0, { keepLogs: 2 });
    for (const line of ['1', '2', '3']) await short.log(line);
    expect(await queue.getJobLogs(short.id)).toEqual({ logs: ['2', '3'], count: 2 });
    const none = await queue.add('a', 0, { keepLogs: 0 });
    expect(await none.log('x')).toBe(0);
  });

  it('is gone with it', async () => {
    const queue = lab.queue();
    const job = await queue.add('a', 0, { priority: 1 });
    await job.log('one');
    await job.updateProgress(1);
    await job.remove();
    const left = Object.keys(await lab.dump()).filter((key) => !key.startsWith('writer:'));
    expect(left.sort()).toEqual(['events', 'meta', 'wake']);
    for (const act of [
      () => job.remove(),
      () => job.updateData(1),
      () => job.updateProgress(1),
      () => job.log('x'),
      () => job.clearLogs(),
      () => job.promote(),
      () => job.retry(),
      () => job.changeDelay(1),
      () => job.changePriority({ priority: 1 }),
      () => job.moveToCompleted(1, 't'),
    ]) {
      await expect(act()).rejects.toThrow(JobNotFoundError);
    }
    expect(await job.getState()).toBe('unknown');
  });
});

describe('moving a job', () => {
  it('a delayed one may be promoted or given another delay', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const added = next(events, 'delayed');
    const job = await queue.add('a', 0, { delay: 60_000 });
    await added;
    expect(await job.isDelayed()).toBe(true);
    const told = next(events, 'delayed');
    const before = Date.now();
    await job.changeDelay(30_000.5);
    const due = (await told)[0].delay;
    expect(due - before).toBeGreaterThanOrEqual(29_990);
    expect(due - before).toBeLessThan(31_000);
    expect(job.delay).toBe(30_000.5);
    const waiting = next(events, 'waiting');
    await job.promote();
    expect((await waiting)[0]).toEqual({ jobId: job.id, prev: 'delayed' });
    expect(await job.isWaiting()).toBe(true);
    await expect(job.promote()).rejects.toThrow(WrongStateError);
    await expect(job.changeDelay(5)).rejects.toThrow(WrongStateError);
    await expect(job.changeDelay(-5)).rejects.toThrow(InvalidOptionError);
  });

  it('one that waits may be given another priority', async () => {
    const queue = lab.queue();
    const [a, b, c] = await queue.addBulk(['a', 'b', 'c'].map((name) => ({ name, data: 0 })));
    await b!.changePriority({ priority: 5 });
    await c!.changePriority({ priority: 5, lifo: true });
    expect(await b!.getState()).toBe('prioritized');
    expect((await queue.getPrioritized()).map(({ name }) => name)).toEqual(['c', 'b']);
    await b!.changePriority({});
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await queue.getJob(b!.id))!.priority).toBe(0);
    await expect(a!.changePriority({ priority: 2 ** 21 })).rejects.toThrow(InvalidOptionError);
    const delayed = await queue.add('d', 0, { delay: 60_000 });
    await delayed.changePriority({ priority: 9 });
    await delayed.promote();
    expect((await queue.getJob(delayed.id))!.priority).toBe(9);
  });

  it('a finished one may be retried, with its counters or without', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async (job) => {
      if (job.data === 0) throw new Error('boo');
      return 1;
    });
    const failed = next(worker, 'failed');
    const job = await queue.add('a', 0);
    await failed;
    await expect(job.retry('completed')).rejects.toThrow(WrongStateError);
    await worker.pause();
    await job.retry();
    expect(job).toMatchObject({ failedReason: null, finishedOn: null, processedOn: null, returnvalue: null });
    expect(await queue.getJob(job.id)).toMatchObject({
      attemptsMade: 1,
      attemptsStarted: 1,
      failedReason: undefined,
      finishedOn: undefined,
      processedOn: undefined,
    });
    await job.updateData(1);
    await Promise.all([next(worker, 'completed'), worker.resume()]);
    expect(await job.isCompleted()).toBe(true);
    await worker.pause();
    await job.retry('completed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    expect(await queue.getJob(job.id)).toMatchObject({
      attemptsMade: 0,
      attemptsStarted: 0,
      returnvalue: null,
    });
  });
});

describe('processing by hand', () => {
  it('fetches, keeps and completes a job under a token', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const worker = lab.worker(null, { lockDuration: 5000, name: 'hand' });
    expect(await worker.getNextJob('mine', { block: false })).toBeUndefined();
    const waiting = worker.getNextJob('mine');
    await queue.add('a', 1);
    const job = (await waiting)!;
    expect(job).toMatchObject({ name: 'a', data: 1, attemptsStarted: 1, processedBy: 'hand' });
    expect(await job.isActive()).toBe(true);
    await expect(job.remove()).rejects.toThrow(WrongStateError);
    expect(await job.extendLock('mine', 10_000)).toBe(1);
    expect(await job.extendLock('other', 10_000)).toBe(0);
    await expect(job.moveToCompleted('x', 'other')).rejects.toThrow(LockLostError);
    const completed = next(events, 'completed');
    await job.moveToCompleted({ ok: true }, 'mine');
    expect((await completed)[0]).toEqual({ jobId: job.id, returnvalue: { ok: true }, prev: 'active' });
    expect(await queue.getJob(job.id)).toMatchObject({
      returnvalue: { ok: true },
      attemptsMade: 1,
      processedBy: 'hand',
    });
    await expect(job.moveToCompleted('again', 'mine')).rejects.toThrow(WrongStateError);
  });

  it('fails a job: retried while attempts are left, then for good', async () => {
    const queue = lab.queue();
    const worker = lab.worker(null);
    const { id } = await queue.add('a', 1, { attempts: 2 });
    const first = (await worker.getNextJob('one'))!;
    await first.moveToFailed(new Error('first'), 'one');
    expect(await queue.getJobState(id)).toBe('waiting');
    const second = (await worker.getNextJob('two'))!;
    expect(second).toMatchObject({ attemptsMade: 1, attemptsStarted: 2, failedReason: 'first' });
    await second.moveToFailed(new Error('second'), 'two');
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 2, failedReason: 'second' });
    expect(await second.isFailed()).toBe(true);

    const other = await queue.add('b', 1, { attempts: 5 });
    await (await worker.getNextJob('three'))!.moveToFailed(new UnrecoverableError('no'), 'three');
    expect(await other.isFailed()).toBe(true);
  });

  it('waits no longer than drainDelay, and stops waiting when the worker closes', async () => {
    lab.queue();
    const worker = lab.worker(null, { drainDelay: 0.05 });
    const from = Date.now();
    expect(await worker.getNextJob('t')).toBeUndefined();
    expect(Date.now() - from).toBeLessThan(500);
    const patient = lab.worker(null, { drainDelay: 60 });
    const waiting = patient.getNextJob('t');
    await patient.waitUntilReady();
    await patient.close();
    expect(await waiting).toBeUndefined();
    await expect(worker.getNextJob('')).rejects.toThrow(/token/);
  });

  it('finds a delayed job when it is due', async () => {
    const queue = lab.queue();
    const worker = lab.worker(null);
    await queue.add('a', 1, { delay: 50 });
    const from = Date.now();
    expect((await worker.getNextJob('t'))!.name).toBe('a');
    expect(Date.now() - from).toBeLessThan(400);
  });
});
