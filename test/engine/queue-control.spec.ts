import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type Job, type Queue, WrongStateError } from '../../lib/engine.js';
import { EngineLab, next, nextFew } from '../support/engine-lab.js';

const lab = EngineLab.open();

const names = (jobs: Job[]): string[] => jobs.map(({ name }) => name);

/** Two jobs in each state: `waiting1`, `waiting2`, … */
async function fill(): Promise<Queue> {
  const queue = lab.queue();
  const worker = lab.worker(
    async ({ name }) => {
      if (name.startsWith('failed')) throw new Error('as told');
      if (name.startsWith('active')) await new Promise(() => {});
    },
    { concurrency: 2 },
  );
  const ended = nextFew(worker, 'completed', 2);
  const failed = nextFew(worker, 'failed', 2);
  const bulk = (list: string[], opts = {}) => queue.addBulk(list.map((name) => ({ name, data: 0, opts })));
  await bulk(['completed1', 'completed2', 'failed1', 'failed2']);
  await Promise.all([ended, failed]);
  const active = nextFew(worker, 'active', 2);
  await bulk(['active1', 'active2']);
  await active;
  await bulk(['waiting1', 'waiting2']);
  await bulk(['prioritized1', 'prioritized2'], { priority: 3 });
  await bulk(['delayed1'], { delay: 60_000 });
  await bulk(['delayed2'], { delay: 70_000 });
  return queue;
}

describe('getters', () => {
  it('list and count the jobs of each state', async () => {
    const queue = await fill();
    expect(await queue.getJobCounts()).toEqual({
      waiting: 2,
      prioritized: 2,
      delayed: 2,
      active: 2,
      completed: 2,
      failed: 2,
      'waiting-children': 0,
    });
    expect(names(await queue.getWaiting())).toEqual(['waiting1', 'waiting2']);
    expect(names(await queue.getPrioritized())).toEqual(['prioritized1', 'prioritized2']);
    expect(names(await queue.getDelayed())).toEqual(['delayed1', 'delayed2']);
    expect(names(await queue.getActive()).sort()).toEqual(['active1', 'active2']);
    // Finished ones: the newest first.
    expect(names(await queue.getCompleted())).toEqual(['completed2', 'completed1']);
    expect(names(await queue.getFailed())).toEqual(['failed2', 'failed1']);
    expect(names(await queue.getFailed(1, 1))).toEqual(['failed1']);
    expect(names(await queue.getWaiting(-1, -1))).toEqual(['waiting2']);
    expect(await queue.count()).toBe(6);
    for (const count of [
      queue.getWaitingCount(),
      queue.getPrioritizedCount(),
      queue.getDelayedCount(),
      queue.getActiveCount(),
      queue.getCompletedCount(),
      queue.getFailedCount(),
    ]) {
      expect(await count).toBe(2);
    }
    expect(await queue.getJobCounts('wait', 'paused', 'active')).toEqual({ wait: 2, paused: 0, active: 2 });
    expect(await queue.getJobCountByTypes('waiting', 'waiting', 'failed')).toBe(4);
    expect(await queue.getCountsPerPriority([0, 3, 4])).toEqual({ 0: 2, 3: 2, 4: 0 });
    expect(names(await queue.getJobs(['waiting', 'completed'], 0, -1, true))).toEqual([
      'waiting1',
      'waiting2',
      'completed1',
      'completed2',
    ]);
    expect(names(await queue.getJobs('delayed', 0, 0))).toEqual(['delayed2']);
    expect(await queue.getJobs()).toHaveLength(12);
    for (const job of await queue.getJobs()) {
      expect(await queue.getJobState(job.id)).toBe(job.name.slice(0, -1));
    }
    expect(await queue.getJob('nobody')).toBeUndefined();
    expect(await queue.getJobState('nobody')).toBe('unknown');
    await expect(queue.getJobs('sleeping' as 'failed')).rejects.toThrow(InvalidOptionError);
  });
});

describe('pause', () => {
  it('lets no job start anywhere until resumed', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const worker = lab.worker(async () => 1);
    const told = [next(events, 'paused'), next(queue, 'paused')];
    await queue.pause();
    await Promise.all(told);
    expect(await queue.isPaused()).toBe(true);
    await queue.addBulk([
      { name: 'a', data: 0 },
      { name: 'b', data: 0, opts: { priority: 1 } },
      { name: 'c', data: 0, opts: { delay: 10 } },
    ]);
    await sleep(60);
    expect(await queue.count()).toBe(3);
    const completed = nextFew(worker, 'completed', 3);
    const resumed = [next(events, 'resumed'), next(queue, 'resumed')];
    await queue.resume();
    await Promise.all([completed, ...resumed]);
    expect(await queue.isPaused()).toBe(false);
    await queue.resume();
  });
});

describe('removing', () => {
  it('one job, not one that a worker holds', async () => {
    const queue = await fill();
    const events = await lab.events();
    const removed = nextFew(events, 'removed', 10);
    const local: string[] = [];
    queue.on('removed', (id) => local.push(id));
    const answers = await Promise.all(
      (await queue.getJobs()).map(async ({ id, name }) => [name.slice(0, -1), await queue.remove(id)]),
    );
    for (const [state, answer] of answers)
      expect([state, answer]).toEqual([state, state === 'active' ? 0 : 1]);
    expect(new Set((await removed).map(([{ prev }]) => prev))).toEqual(
      new Set(['waiting', 'prioritized', 'delayed', 'completed', 'failed']),
    );
    expect(local).toHaveLength(10);
    expect(await queue.remove('nobody')).toBe(0);
    expect(await queue.getJobCounts()).toMatchObject({ active: 2, completed: 0, waiting: 0 });
  });

  it('drain: jobs that wait, delayed ones only when asked', async () => {
    const queue = await fill();
    await queue.drain();
    expect(await queue.getJobCounts()).toMatchObject({
      waiting: 0,
      prioritized: 0,
      delayed: 2,
      completed: 2,
      active: 2,
    });
    await queue.drain(true);
    expect(await queue.getJobCounts()).toMatchObject({ delayed: 0, failed: 2 });
  });

  it.each(['waiting', 'wait', 'prioritized', 'delayed', 'completed', 'failed'] as const)(
    'clean: %s',
    async (type) => {
      const queue = await fill();
      const events = await lab.events();
      expect(await queue.clean(60_000, 0, type)).toEqual([]);
      const local = next(queue, 'cleaned');
      const told = next(events, 'cleaned');
      await sleep(2);
      const first = await queue.clean(0, 1, type);
      expect(first).toHaveLength(1);
      expect(await local).toEqual([first, type]);
      expect((await told)[0]).toEqual({ count: '1' });
      expect(await queue.clean(0, 0, type)).toHaveLength(1);
      expect(await queue.getJobCountByTypes(type)).toBe(0);
      expect(await queue.getJobs()).toHaveLength(10);
    },
  );

  it('clean leaves active jobs whose lock holds', async () => {
    const queue = await fill();
    expect(await queue.clean(0, 0, 'active')).toEqual([]);
    expect(await queue.getActiveCount()).toBe(2);
    await expect(queue.clean(0, 0, 'sleeping' as 'failed')).rejects.toThrow(InvalidOptionError);
    await expect(queue.clean(-1, 0)).rejects.toThrow(InvalidOptionError);
    await expect(queue.clean(0, 0.5)).rejects.toThrow(InvalidOptionError);
  });

  it('clean goes through thousands of jobs', async () => {
    const queue = lab.queue();
    await queue.addBulk(Array.from({ length: 2600 }, (_, n) => ({ name: 'a', data: n })));
    await sleep(2);
    expect(new Set(await queue.clean(0, 2500, 'waiting')).size).toBe(2500);
    expect((await queue.getWaiting()).map(({ data }) => data)).toEqual(
      Array.from({ length: 100 }, (_, n) => 2500 + n),
    );
  });

  it('obliterate: everything, active jobs only by force', async () => {
    const queue = await fill();
    await expect(queue.obliterate()).rejects.toThrow(WrongStateError);
    expect(await queue.isPaused()).toBe(true);
    await queue.obliterate({ force: true, count: 5 });
    expect(
      Object.keys(await lab.dump()).filter((key) => key !== 'events' && !key.startsWith('writer:')),
    ).toEqual([]);
    expect(await queue.isPaused()).toBe(false);
    expect((await queue.add('a', 0)).id).toBe('1');
  });
});

describe('moving many', () => {
  it('retryJobs: failed ones by default, or completed ones, up to a time', async () => {
    const queue = await fill();
    await queue.retryJobs();
    expect(names(await queue.getWaiting())).toEqual(['waiting1', 'waiting2', 'failed1', 'failed2']);
    await queue.retryJobs({ state: 'completed', timestamp: 1 });
    expect(await queue.getCompletedCount()).toBe(2);
    await queue.retryJobs({ state: 'completed', count: 1, timestamp: Date.now() + 1000 });
    expect(await queue.getJobCounts('completed', 'failed', 'waiting')).toEqual({
      completed: 0,
      failed: 0,
      waiting: 6,
    });
    const [job] = await queue.getWaiting(2, 2);
    expect(job).toMatchObject({
      name: 'failed1',
      attemptsMade: 1,
      failedReason: undefined,
      finishedOn: undefined,
    });
    await expect(queue.retryJobs({ state: 'waiting' as 'failed' })).rejects.toThrow(InvalidOptionError);
    await expect(queue.retryJobs({ count: NaN })).rejects.toThrow(InvalidOptionError);
    await expect(queue.retryJobs({ timestamp: -1 })).rejects.toThrow(InvalidOptionError);
  });

  it('promoteJobs: all delayed ones, in the order in which they were due', async () => {
    const queue = await fill();
    await queue.promoteJobs({ count: 1 });
    expect(names(await queue.getWaiting())).toEqual(['waiting1', 'waiting2', 'delayed1', 'delayed2']);
    await expect(queue.promoteJobs({ count: 0 })).rejects.toThrow(InvalidOptionError);
  });

  it('refuse what is no number', async () => {
    const queue = lab.queue();
    await queue.add('a', 0);
    await expect(queue.obliterate({ count: NaN })).rejects.toThrow(InvalidOptionError);
    await expect(queue.trimEvents(NaN)).rejects.toThrow(InvalidOptionError);
    await expect(queue.trimEvents(-1)).rejects.toThrow(InvalidOptionError);
    await expect(queue.getCountsPerPriority([0, NaN])).rejects.toThrow(InvalidOptionError);
    await expect(queue.rateLimit(NaN)).rejects.toThrow(InvalidOptionError);
    await expect(queue.addJobLog('1', 'line', NaN)).rejects.toThrow(InvalidOptionError);
    await expect(queue.addJobLog('1', 'line', -1)).rejects.toThrow(InvalidOptionError);
    await expect(queue.getJobs('waiting', NaN)).rejects.toThrow(InvalidOptionError);
    expect(await queue.isPaused()).toBe(false);
    expect(await queue.trimEvents(0)).toBeGreaterThan(0);
  });
});
