import { describe, expect, it } from '@jest/globals';
import {
  GroupMaxSizeExceededError,
  InvalidOptionError,
  type Job,
  type Queue,
  Worker,
} from '../../lib/engine.js';
import { EngineLab, Gate, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** A worker whose jobs run until they are let go, by name. */
function holding(opts: object = {}): { worker: Worker; running: string[]; end: (name: string) => void } {
  const gates = new Map<string, Gate>();
  const running: string[] = [];
  const worker = lab.worker(
    async ({ name }: Job) => {
      running.push(name);
      const gate = new Gate();
      gates.set(name, gate);
      await gate.passed;
      running.splice(running.indexOf(name), 1);
    },
    { concurrency: 10, drainDelay: 60, ...opts },
  );
  return { worker, running, end: (name) => gates.get(name)!.open() };
}

const addTo = (queue: Queue, id: string | number, names: string[], group = {}): Promise<Job[]> =>
  queue.addBulk(names.map((name) => ({ name, data: 0, opts: { group: { id, ...group } } })));

/** The names of all jobs of the queue in the order in which one worker ran them. */
async function run(count: number, opts = {}): Promise<string[]> {
  const order: string[] = [];
  const worker = lab.worker(async ({ name }: Job) => void order.push(name), { autorun: false, ...opts });
  const completed = nextFew(worker, 'completed', count);
  void worker.run();
  await completed;
  await worker.close();
  return order;
}

describe('groups', () => {
  it('take turns, after the jobs that have none', async () => {
    const queue = lab.queue();
    await addTo(queue, 'big', ['a1', 'a2', 'a3', 'a4']);
    await addTo(queue, 7, ['b1', 'b2']);
    await queue.add('plain', 0);
    expect(await run(7)).toEqual(['plain', 'a1', 'b1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('have turns by their weight', async () => {
    const queue = lab.queue();
    const names = (prefix: string) => Array.from({ length: 30 }, (_, i) => `${prefix}${i}`);
    await addTo(queue, 'one', names('a'));
    await addTo(queue, 'three', names('b'), { weight: 3 });
    const order = (await run(60)).slice(0, 40);
    expect(order.filter((name) => name.startsWith('b'))).toHaveLength(30);
  });

  it('follow priorities within, which may be changed', async () => {
    const queue = lab.queue();
    const [late] = await addTo(queue, 'g', ['late'], { priority: 5 });
    await addTo(queue, 'g', ['second'], { priority: 2 });
    await addTo(queue, 'g', ['first']);
    expect(late).toMatchObject({ priority: 5, gid: 'g' });
    await late!.changePriority({ priority: 1 });
    expect(await (await queue.getJob(late!.id))!.getState()).toBe('waiting');
    expect(await queue.getJob(late!.id)).toMatchObject({ priority: 1, gid: 'g' });
    expect(await queue.getCountsPerPriorityForGroup('g', [0, 1, 2])).toEqual({ 0: 1, 1: 1, 2: 1 });
    expect(await run(3)).toEqual(['first', 'late', 'second']);
  });

  it('refuse a job beyond their size, with nothing written', async () => {
    const queue = lab.queue();
    const add = () => queue.add('a', 0, { group: { id: 'g', maxSize: 2 } });
    await Promise.all([add(), add()]);
    await expect(add()).rejects.toThrow(GroupMaxSizeExceededError);
    await expect(add()).rejects.toMatchObject({ code: 'GROUP_MAX_SIZE_EXCEEDED', groupId: 'g' });
    expect(await queue.getGroupJobsCount('g')).toBe(2);
  });

  it('are full for no job that a deduplication stops', async () => {
    const queue = lab.queue();
    const opts = { group: { id: 'g', maxSize: 1 }, deduplication: { id: 'd' } };
    const job = await queue.add('a', 0, opts);
    expect((await queue.add('b', 0, opts)).id).toBe(job.id);
    expect((await queue.addBulk([{ name: 'c', data: 0, opts }]))[0]!.id).toBe(job.id);
    const other = { ...opts, deduplication: { id: 'e' } };
    await expect(queue.add('d', 0, other)).rejects.toThrow(GroupMaxSizeExceededError);
    await expect(queue.addBulk([{ name: 'd', data: 0, opts: other }])).rejects.toThrow(
      GroupMaxSizeExceededError,
    );
    expect(await queue.getGroupJobsCount('g')).toBe(1);
  });

  it('are full for one that takes the place of a delayed one', async () => {
    const queue = lab.queue();
    const group = { id: 'g', maxSize: 1 };
    const deduplication = { id: 'd', ttl: 60_000, replace: true };
    await queue.add('a', 0, { group, deduplication, delay: 60_000 });
    await queue.add('b', 0, { group });
    await expect(queue.add('c', 0, { group, deduplication })).rejects.toThrow(GroupMaxSizeExceededError);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  it('let a bulk in as a whole or not at all', async () => {
    const queue = lab.queue();
    const bulk = (...groups: [string, number?][]) =>
      queue.addBulk(
        groups.map(([id, maxSize]) => ({
          ...{ name: id, data: 0 },
          opts: { group: { id, ...(maxSize === undefined ? {} : { maxSize }) } },
        })),
      );
    const added = await bulk(['a', 2], ['b'], ['a', 2]);
    expect(added.map(({ id, name }) => [id, name])).toEqual([
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'a'],
    ]);
    await expect(bulk(['b'], ['c', 1], ['a', 2])).rejects.toMatchObject({ groupId: 'a' });
    await expect(bulk(['c', 2], ['c'], ['c', 2])).rejects.toThrow(GroupMaxSizeExceededError);
    expect(await queue.getGroupsJobsCount()).toBe(3);
    const again = { name: 'b', data: 0, opts: { jobId: 'x', group: { id: 'b', maxSize: 2 } } };
    await queue.addBulk([again]);
    // It is there already, and takes no further place.
    expect((await queue.addBulk([again]))[0]!.id).toBe('x');
    const many = Array.from({ length: 5001 }, () => again);
    await expect(queue.addBulk(many)).rejects.toThrow('5000');
    const parent = { id: '1', queue: `${lab.prefix}:${lab.name}` };
    const child = { ...again, opts: { group: again.opts.group, parent } };
    await expect(queue.addBulk([again, child])).rejects.toThrow('parent');
  });

  it('are no bound for flows, which say so, and let a scheduler skip a slot', async () => {
    const queue = lab.queue();
    const opts = { group: { id: 'g', maxSize: 1 } };
    const flow = { name: 'a', queueName: lab.name, data: 0, opts };
    await expect(lab.flows().add(flow)).rejects.toThrow('group.maxSize');
    expect(await queue.getJobCountByTypes('waiting', 'delayed')).toBe(0);
    await queue.add('first', 0, opts);
    const events = await lab.events();
    const skipped = next(events, 'schedule-skipped');
    const bounded = lab.queue({ groupOf: () => opts.group });
    // Its first slot is now.
    await bounded.upsertJobScheduler('s', { every: 60_000 }, { name: 'a' });
    expect((await skipped)[0]).toMatchObject({ schedulerId: 's', reason: 'group-full' });
    expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 1 });
  });

  it('are listed and counted', async () => {
    const queue = lab.queue();
    await addTo(queue, 'a', ['a1', 'a2', 'a3']);
    await addTo(queue, 'b', ['b1']);
    await addTo(queue, 'c', ['c1']);
    expect(await queue.pauseGroup('c')).toBe(true);
    expect(await queue.getGroups()).toEqual([
      { id: 'a', status: 'waiting' },
      { id: 'b', status: 'waiting' },
      { id: 'c', status: 'paused' },
    ]);
    expect(await queue.getGroups(1, 1)).toEqual([{ id: 'b', status: 'waiting' }]);
    expect(await queue.getGroups(-1)).toEqual([{ id: 'c', status: 'paused' }]);
    expect(await queue.getGroupsByStatus('paused')).toEqual([{ id: 'c', status: 'paused' }]);
    expect(await queue.getGroupsCount()).toBe(3);
    expect(await queue.getGroupsCountByStatus()).toEqual({ waiting: 2, limited: 0, maxed: 0, paused: 1 });
    expect(await queue.getGroupsJobsCount()).toBe(5);
    expect(await queue.getGroupJobsCount('a')).toBe(3);
    expect((await queue.getGroupJobs('a', 1, 2)).map(({ name }) => name)).toEqual(['a2', 'a3']);
    expect(await queue.getGroupStatus('c')).toBe('paused');
    expect(await queue.getGroupStatus('x')).toBeUndefined();
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 5 });
    expect((await queue.getWaiting()).map(({ name }) => name)).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
    expect(await queue.getGroup('a')).toMatchObject({ waiting: 3, active: 0, weight: 1, isPaused: false });
  });

  it('are cleaned, drained and deleted', async () => {
    const queue = lab.queue();
    await addTo(queue, 'a', ['a1', 'a2']);
    await addTo(queue, 'b', ['b1', 'b2']);
    expect(await queue.clean(0, 1, 'wait')).toHaveLength(1);
    await queue.setGroupConcurrency('b', 3);
    expect(await queue.deleteGroup('b')).toBe(2);
    expect(await queue.getGroupConcurrency('b')).toBeNull();
    await queue.pauseGroup('b');
    expect(await queue.deleteGroups()).toBe(1);
    expect(await queue.getGroupsCount()).toBe(0);
    await addTo(queue, 'c', ['c1']);
    await queue.drain();
    const left = Object.keys(await lab.dump()).filter((key) => /^(?:group|job|body)/.test(key));
    expect(left).toEqual([]);
  });
});

describe('the group of a job', () => {
  it('may be found by the queue, for schedulers too', async () => {
    const queue = lab.queue<{ customer: string }>({
      groupOf: ({ customer }) => (customer ? { id: customer, weight: 2 } : undefined),
    });
    const job = await queue.add('a', { customer: 'ada' });
    expect(job.gid).toBe('ada');
    expect(await queue.getGroup('ada')).toMatchObject({ waiting: 1, weight: 2 });
    expect((await queue.add('a', { customer: '' })).gid).toBeUndefined();
    expect((await queue.add('a', { customer: 'ada' }, { group: { id: 'own' } })).gid).toBe('own');
    const scheduled = await queue.upsertJobScheduler(
      'tick',
      { every: 60_000 },
      { data: { customer: 'eve' } },
    );
    expect(scheduled).toMatchObject({ gid: 'eve', priority: 0 });
    expect(await queue.getGroupJobsCount('eve')).toBe(1);
  });

  it('comes with the dedup that keeps the newest, and with the one that moves a delayed job', async () => {
    const queue = lab.queue();
    const opts = { group: { id: 'g' }, deduplication: { id: 'd', keepLastIfActive: true } };
    const { running, end } = holding();
    await queue.add('first', 0, opts);
    await until(() => running.length === 1);
    const kept = await queue.add('second', 0, opts);
    expect(kept.deduplicated).toBe(true);
    end('first');
    await until(() => running.includes('second'));
    expect(await queue.getGroupActiveCount('g')).toBe(1);
    end('second');
    await until(async () => (await queue.getCompletedCount()) === 2);
  });
});

describe('groups: what limits each', () => {
  it('is the concurrency that workers say, or that of its own, and a change starts jobs at once', async () => {
    const queue = lab.queue();
    await queue.setGroupConcurrency('b', 2);
    expect(await queue.getGroupConcurrency('b')).toBe(2);
    const { running, end } = holding({ group: { concurrency: 1 } });
    await addTo(queue, 'a', ['a1', 'a2']);
    await addTo(queue, 'b', ['b1', 'b2', 'b3']);
    await until(() => running.length === 3);
    await until(async () => (await queue.getGroupStatus('a')) === 'maxed');
    expect(await queue.repairMaxedGroup('a')).toBeUndefined();
    expect(await queue.getGroupStatus('a')).toBe('maxed');
    expect(running.toSorted()).toEqual(['a1', 'b1', 'b2']);
    expect(await queue.getGroupActiveCount('b')).toBe(2);
    await queue.setGroupConcurrency('b', 3);
    await until(() => running.length === 4);
    await queue.removeGroupConcurrency('b');
    end('a1');
    await until(() => running.includes('a2'));
    running.slice().forEach(end);
    await until(async () => (await queue.getCompletedCount()) === 5);
  });

  it('is a rate, and others go on', async () => {
    const queue = lab.queue();
    const order: string[] = [];
    lab.worker(async ({ name }: Job) => void order.push(name), {
      ...{ concurrency: 5, drainDelay: 60, group: { limit: { max: 1, duration: 300 } } },
    });
    await queue.setGroupRateLimit('free', 100, 1000);
    expect(await queue.getGroupRateLimit('free')).toEqual({ max: 100, duration: 1000 });
    const from = performance.now();
    await addTo(queue, 'a', ['a1', 'a2']);
    await addTo(queue, 'free', ['f1', 'f2', 'f3']);
    await until(() => order.length === 4);
    expect(order).not.toContain('a2');
    expect(await queue.getGroupRateLimitTtl('a', 1)).toBeGreaterThan(0);
    expect(await queue.getGroupRateLimitTtl('free')).toBe(0);
    await until(() => order.length === 5);
    expect(performance.now() - from).toBeGreaterThan(250);
    await queue.removeGroupRateLimit('free');
    expect(await queue.getGroupRateLimit('free')).toBeNull();
  });

  it('is a pause, which events tell of', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const paused = next(events, 'group-paused');
    expect(await queue.pauseGroup('a')).toBe(true);
    expect((await paused)[0]).toEqual({ groupId: 'a' });
    expect(await queue.pauseGroup('a')).toBe(false);
    const worker = lab.worker(async () => {}, { drainDelay: 60 });
    const first = next(worker, 'completed');
    await addTo(queue, 'a', ['a1']);
    await addTo(queue, 'b', ['b1']);
    expect(((await first)[0] as Job).name).toBe('b1');
    const resumed = next(events, 'group-resumed');
    const second = next(worker, 'completed');
    expect(await queue.resumeGroup('a')).toBe(true);
    expect(((await second)[0] as Job).name).toBe('a1');
    await resumed;
    expect(await queue.resumeGroup('a')).toBe(false);
  });

  it('is closed from one of its jobs, which goes first when it opens', async () => {
    const queue = lab.queue();
    let limited = false;
    const order: string[] = [];
    const worker: Worker = lab.worker(
      async (job: Job) => {
        if (job.gid === 'a' && !limited) {
          limited = true;
          await worker.rateLimitGroup(job, 300);
          throw Worker.RateLimitError();
        }
        order.push(job.name);
      },
      { drainDelay: 60, autorun: false },
    );
    await addTo(queue, 'a', ['a1', 'a2']);
    await addTo(queue, 'b', ['b1', 'b2', 'b3']);
    const completed = nextFew(worker, 'completed', 5);
    void worker.run();
    const jobs = (await completed).map(([job]) => job as Job);
    expect(order).toEqual(['b1', 'b2', 'b3', 'a1', 'a2']);
    expect(jobs.find(({ name }) => name === 'a1')).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
    const plain = await queue.add('plain', 0);
    await expect(worker.rateLimitGroup(plain, 100)).rejects.toThrow(InvalidOptionError);
  });
});

describe('groups: their jobs', () => {
  it('come back to their group: after a failure, a delay, a sleep by hand, and by a scheduler', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler(
      'tick',
      { every: 60_000 },
      { name: 'ticked', opts: { group: { id: 's' } } },
    );
    await queue.add('retried', 0, { attempts: 2, group: { id: 'a' } });
    await queue.add('delayed', 0, { delay: 20, group: { id: 'a', weight: 2 } });
    const seen: (string | undefined)[] = [];
    const worker = lab.worker(
      async (job: Job) => {
        seen.push(`${job.gid}:${job.name}:${(await queue.getGroup(job.gid!)).active}`);
        if (job.name === 'retried' && job.attemptsMade === 0) throw new Error('no');
      },
      { drainDelay: 60 },
    );
    await nextFew(worker, 'completed', 3);
    expect(seen.toSorted()).toEqual(['a:delayed:1', 'a:retried:1', 'a:retried:1', 's:ticked:1']);
    expect(await queue.getGroupStatus('s')).toBeUndefined();
  });

  it('may be parents and children, and are fetched by hand', async () => {
    const flows = lab.flows();
    await flows.add({
      ...{ name: 'parent', queueName: lab.name, opts: { group: { id: 'p' } } },
      children: [{ name: 'child', queueName: lab.name, data: 0, opts: { group: { id: 'c' } } }],
    });
    const queue = lab.queue();
    const worker = lab.worker(null, { group: { concurrency: 1 } });
    await until(async () => (await queue.getGroupJobsCount('c')) === 1);
    const child = await worker.getNextJob('t1', { block: false });
    expect(child).toMatchObject({ name: 'child', gid: 'c' });
    expect(await queue.getGroupActiveCount('c')).toBe(1);
    await child!.moveToCompleted(1, 't1', false);
    const parent = await worker.getNextJob('t2', { block: false });
    expect(parent).toMatchObject({ name: 'parent', gid: 'p' });
    await parent!.moveToCompleted(1, 't2', false);
  });

  it('say why they wait', async () => {
    const queue = lab.queue();
    const { running, end } = holding({ group: { concurrency: 1 } });
    const [, a2] = await addTo(queue, 'a', ['a1', 'a2', 'a3']);
    await queue.pauseGroup('b');
    const [b1] = await addTo(queue, 'b', ['b1']);
    await until(async () => (await queue.getGroupStatus('a')) === 'maxed');
    const maxed = await queue.explain(a2!.id);
    expect(maxed.reasons[0]).toMatchObject({
      why: 'group-maxed',
      ahead: 0,
      group: { id: 'a', active: 1, waiting: 2 },
    });
    expect((await queue.explain(b1!.id)).reasons[0]).toMatchObject({
      why: 'group-paused',
      group: { id: 'b' },
    });
    running.slice().forEach(end);
    await until(() => running.includes('a2'));
    end('a2');
    await until(() => running.includes('a3'));
    end('a3');
    await until(async () => (await queue.getCompletedCount()) === 3);
    expect(await queue.cancel(b1!.id)).toBe('cancelled');
    expect(await queue.getGroupJobsCount('b')).toBe(0);
  });

  it.each([
    [{}, 'group.id'],
    [{ id: '' }, 'group.id'],
    [{ id: 'a\nb' }, 'group.id'],
    [{ id: Number.NaN }, 'group.id'],
    [{ id: 'x'.repeat(257) }, 'group.id'],
    [{ id: 'a', weight: 0 }, 'group.weight'],
    [{ id: 'a', weight: 1.5 }, 'group.weight'],
    [{ id: 'a', weight: 1001 }, 'group.weight'],
    [{ id: 'a', maxSize: 0 }, 'group.maxSize'],
    [{ id: 'a', priority: -1 }, 'group.priority'],
    [{ id: 'a', prio: 1 }, 'group.prio'],
    ['a', 'group'],
  ])('are refused for a group of %j, by name and before anything is written', async (group, option) => {
    await expect(lab.queue().add('a', 0, { group: group as never })).rejects.toThrow(InvalidOptionError);
    await expect(lab.queue().add('a', 0, { group: group as never })).rejects.toThrow(option);
    expect(await lab.dump()).toEqual({});
  });

  it.each([
    [{ concurrency: 0 }, 'group.concurrency'],
    [{ limit: { max: 0, duration: 1 } }, 'group.limit.max'],
    [{ limit: { max: 1 } }, 'group.limit.duration'],
    [{ limits: {} }, 'group.limits'],
    [5, 'group'],
  ])('workers refuse the limits %j by name', (group, option) => {
    expect(() => lab.worker(null, { group: group as never })).toThrow(option);
  });

  it.each([0, -1, 1.5, '2'])('a concurrency of %p for one group is refused', async (concurrency) => {
    const queue = lab.queue();
    await expect(queue.setGroupConcurrency('a', concurrency as number)).rejects.toThrow(InvalidOptionError);
    await expect(queue.setGroupRateLimit('a', concurrency as number, 1000)).rejects.toThrow(
      InvalidOptionError,
    );
    await expect(queue.pauseGroup('a\tb')).rejects.toThrow(InvalidOptionError);
    await expect(queue.getGroupsByStatus('idle' as never)).rejects.toThrow(InvalidOptionError);
    expect(await lab.dump()).toEqual({});
  });
});
