import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { InvalidOptionError, type Job, type Queue, WrongStateError } from '../../lib/engine.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';

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

describe('getJobs', () => {
  it('lists each job once and leaves none out while jobs run', async () => {
    const queue = lab.queue();
    const COUNT = 600;
    await queue.addBulk(Array.from({ length: COUNT }, (_, n) => ({ name: `n${n}`, data: n })));
    const worker = lab.worker(async () => 1, { concurrency: 10 });
    const states = ['completed', 'active', 'waiting'] as const;
    const sizes: [all: number, distinct: number][] = [];
    const drained = next(worker, 'drained').then(() => true);
    let isOver = false;
    void drained.then(() => (isOver = true));
    while (!isOver) {
      const ids = (await queue.getJobs([...states])).map(({ id }) => id);
      sizes.push([ids.length, new Set(ids).size]);
    }

    expect(sizes.filter(([all, distinct]) => all !== COUNT || distinct !== COUNT)).toEqual([]);
    expect(sizes.length).toBeGreaterThan(0);
  });

  it('reads on where a state has more jobs than one look, from either end', async () => {
    const queue = lab.queue();
    const COUNT = 5100;
    await queue.addBulk(Array.from({ length: COUNT }, (_, n) => ({ name: 'a', data: n })));
    const numbers = Array.from({ length: COUNT }, (_, n) => n);

    expect((await queue.getJobs('waiting', 0, -1, true)).map(({ data }) => data)).toEqual(numbers);
    expect((await queue.getJobs('waiting', -5050, -1)).map(({ data }) => data)).toEqual(
      numbers.slice(0, 5050).toReversed(),
    );
  });

  it('knows no job of the type paused, as the counts do', async () => {
    const queue = lab.queue();
    await queue.pause();
    await queue.add('a', 0);

    expect(await queue.getJobCounts('paused', 'waiting')).toEqual({ paused: 0, waiting: 1 });
    expect(await queue.getJobs('paused')).toEqual([]);
    expect(await queue.getJobs(['paused', 'waiting'])).toHaveLength(1);
    expect(await queue.clean(0, 0, 'paused')).toEqual([]);
    expect(await queue.getWaitingCount()).toBe(1);
  });
});

describe('pause', () => {
  it('does not keep due jobs from going on to wait, which is told', async () => {
    // As if it were in another process: it knows of no idle worker.
    const queue = lab.queue({ connection: lab.client });
    const events = await lab.events();
    const worker = lab.worker(async () => 1);
    await queue.pause();
    await until(() => worker.isRunning());
    await sleep(50);
    const told = nextFew(events, 'waiting', 2);

    const early = await queue.add('a', 0, { delay: 20 });
    const late = await queue.add('b', 0, { delay: 60_000 });
    await until(async () => (await early.getState()) === 'waiting', 2000);
    await late.changeDelay(10);

    expect((await told).map(([{ jobId, prev }]) => [jobId, prev])).toEqual([
      [early.id, 'delayed'],
      [late.id, 'delayed'],
    ]);
    expect(await queue.getJobCounts('waiting', 'completed')).toEqual({ waiting: 2, completed: 0 });
  });

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

  it.each(['this queue', 'another'])('drain leaves parents that wait for children in %s', async (where) => {
    const queue = lab.queue();
    const children = where === 'another' ? lab.queue({}, `${lab.name}-children`) : queue;
    const { job } = await lab.flows().add({
      ...{ name: 'parent', queueName: queue.name },
      children: ['a', 'b'].map((name) => ({ name, queueName: children.name })),
    });
    const worker = lab.worker(null, {}, children.name);
    const running = (await worker.getNextJob('t'))!;

    await queue.drain(true);

    expect(await job.getState()).toBe('waiting-children');
    expect((await job.getDependencies()).unprocessed).toHaveLength(where === 'another' ? 2 : 1);
    if (where === 'another') await children.drain();
    await running.moveToCompleted(1, 't');
    await until(async () => (await job.getState()) === 'waiting');
    expect(Object.values(await job.getChildrenValues())).toEqual([1]);
  });

  it('drain of thousands of children leaves their parents, which then wait, while a worker takes some', async () => {
    const queue = lab.queue();
    const leaf = { name: 'leaf', queueName: queue.name };
    const flows = lab.flows();
    const tree = { name: 'parent', queueName: queue.name, children: Array.from({ length: 120 }, () => leaf) };
    const small = { name: 'small', queueName: queue.name, children: [leaf, leaf] };
    const nodes = await flows.addBulk([...Array.from({ length: 12 }, () => tree), small, small]);
    const parents = nodes.map(({ job }) => job.id);
    const taking = lab.worker(null, {}, queue.name);
    const take = async (): Promise<void> => {
      const job = await taking.getNextJob('t', { block: false });
      // A parent that was let run is left alone.
      if (job && !parents.includes(job.id)) await job.moveToCompleted(1, 't');
      else await job?.moveToDelayed(Date.now() + 60_000, 't').catch(() => undefined);
    };
    let drained = false;
    const taken = (async () => {
      while (!drained) await take();
    })();

    await queue.drain();
    drained = true;
    await taken;

    await until(async () => {
      const states = await Promise.all(nodes.map(({ job }) => job.getState()));
      return states.every((state) => state === 'waiting' || state === 'delayed');
    });
    expect(await queue.getJobCounts('waiting-children', 'active')).toEqual({
      'waiting-children': 0,
      active: 0,
    });
    expect((await queue.getWaiting()).every(({ id }) => parents.includes(id))).toBe(true);
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
      expect(await local).toEqual([first, type === 'wait' ? 'waiting' : type]);
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
    expect(await queue.clean(60_000.5, 0)).toEqual([]);
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

  it('obliterate leaves children in other queues, which run with nobody waiting for them', async () => {
    const queue = lab.queue();
    const children = lab.queue({}, `${lab.name}-children`);
    const flow = { name: 'parent', queueName: queue.name, opts: { jobId: 'p' } };
    const child = { name: 'child', queueName: children.name };
    await lab.flows().add({ ...flow, children: [child] });

    await queue.obliterate();

    expect(await children.getWaitingCount()).toBe(1);
    const { job } = await lab.flows().add({ ...flow, children: [child] });
    const worker = lab.worker(async () => 1, {}, children.name);
    await nextFew(worker, 'completed', 2);
    await until(async () => (await job.getState()) === 'waiting');
    expect(Object.values(await job.getChildrenValues())).toEqual([1]);
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

  it('promoteJobs: each job that is delayed once, not what comes back meanwhile', async () => {
    const queue = lab.queue();
    await queue.addBulk(
      Array.from({ length: 40 }, (_, n) => ({
        ...{ name: `n${n}`, data: n },
        opts: { delay: 60_000, attempts: 5, backoff: 30_000 },
      })),
    );
    let starts = 0;
    const worker = lab.worker(
      async () => {
        starts += 1;
        throw new Error('again');
      },
      { concurrency: 10 },
    );
    const failed = nextFew(worker, 'failed', 40);

    await queue.promoteJobs({ count: 3 });
    await failed;

    expect(starts).toBe(40);
    expect(await queue.getJobCounts('delayed', 'failed')).toEqual({ delayed: 40, failed: 0 });
  });

  it('retryJobs, retry and promoteJobs leave jobs their priority', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => {
      throw new Error('as told');
    });
    const failed = nextFew(worker, 'failed', 2);
    const [first, second] = await queue.addBulk(
      ['first', 'second'].map((name) => ({ name, data: 0, opts: { priority: 7 } })),
    );
    await failed;
    await worker.close();
    const delayed = await queue.add('delayed', 0, { delay: 60_000, priority: 3 });

    await first!.retry();
    await queue.retryJobs();
    await queue.promoteJobs();

    expect(names(await queue.getPrioritized())).toEqual(['delayed', 'first', 'second']);
    expect(await Promise.all([first!, second!, delayed].map((job) => job.getState()))).toEqual([
      'prioritized',
      'prioritized',
      'prioritized',
    ]);
    expect(await queue.getCountsPerPriority([0, 3, 7])).toEqual({ 0: 0, 3: 1, 7: 2 });
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
