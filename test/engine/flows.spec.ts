import { describe, expect, it } from '@jest/globals';
import { type FlowJob, type Job, type JobNode, type Queue, UnrecoverableError } from '../../lib/engine.js';
import { EngineLab, next, nextFew, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

interface Queues {
  parents: Queue;
  children: Queue;
}

/** Parents and children in queues of their own. */
const open = (): Queues => ({ parents: lab.queue(), children: lab.queue({}, `${lab.name}-children`) });

const flowOf = ({ parents, children }: Queues, opts: FlowJob['opts'] = {}, count = 1): FlowJob => ({
  name: 'parent',
  queueName: parents.name,
  data: { of: 'all' },
  children: Array.from({ length: count }, (_, i) => ({
    name: 'child',
    queueName: children.name,
    data: i,
    opts,
  })),
});

describe('a flow', () => {
  it('is added as a whole, each job in its queue, parents waiting for their children', async () => {
    const queues = open();

    const { job, children } = await lab.flows().add(flowOf(queues, {}, 2));

    expect(await job.getState()).toBe('waiting-children');
    expect(await queues.parents.getJobCounts('waiting-children', 'waiting')).toEqual({
      'waiting-children': 1,
      waiting: 0,
    });
    expect(await queues.children.getWaitingCount()).toBe(2);
    const child = (await queues.children.getJob(children![0]!.job.id))!;
    expect(child.parent).toEqual({ id: job.id, queueKey: queues.parents.qualifiedName });
    expect(child.parentKey).toBe(`${queues.parents.qualifiedName}:${job.id}`);
    expect(await job.getDependencies()).toEqual({
      processed: {},
      unprocessed: expect.arrayContaining(
        children!.map((node) => `${queues.children.qualifiedName}:${node.job.id}`),
      ),
      ignored: {},
      failed: [],
    });
  });

  it('runs from the leaves to the root, and hands results up', async () => {
    const queues = open();
    const worker = lab.worker(async (job) => Object.values(await job.getChildrenValues<number>()).sort());
    lab.worker(
      async (job) => {
        const below = Object.values(await job.getChildrenValues<number>());
        return job.data + below.reduce((sum, value) => sum + value, 0);
      },
      { concurrency: 3 },
      queues.children.name,
    );
    const done = next(worker, 'completed');
    const flow = flowOf(queues, {}, 3);
    flow.children![1]!.children = [10, 20].map((data) => ({
      name: 'leaf',
      queueName: queues.children.name,
      data,
    }));

    await lab.flows().add(flow);

    expect((await done)[1]).toEqual([0, 2, 31]);
  });

  it('hands large results and odd values up byte for byte', async () => {
    const queues = open();
    const odd = { list: [], nested: { a: {} }, text: 'é😀\u2028\n\t"', big: 'x'.repeat(300_000), n: 1e21 };
    const worker = lab.worker(async (job) => job.getChildrenValues());
    lab.worker(async () => odd, {}, queues.children.name);
    const done = next(worker, 'completed');

    const { children } = await lab.flows().add(flowOf(queues));

    expect((await done)[1]).toEqual({ [`${queues.children.qualifiedName}:${children![0]!.job.id}`]: odd });
  });

  it('tells a parent in another queue soon', async () => {
    const queues = open();
    const ended: number[] = [];
    const started: number[] = [];
    const worker = lab.worker(async () => void started.push(performance.now()));
    lab.worker(async () => void ended.push(performance.now()), {}, queues.children.name);
    const flows = lab.flows();
    for (let i = 0; i < 30; i += 1) {
      const done = next(worker, 'completed');
      await flows.add(flowOf(queues));
      await done;
    }
    const delays = started.map((at, i) => at - ended[i]!).sort((a, b) => a - b);
    // A busy machine may hold up one or two of them.
    expect(delays[26]).toBeLessThan(100);
  });

  it('is a plain job without children, deduplicated if it asks for that', async () => {
    const queues = open();
    const flows = lab.flows();
    const opts = { deduplication: { id: 'one' } };

    const [first, second] = await flows.addBulk([
      { name: 'a', queueName: queues.parents.name, opts },
      { name: 'a', queueName: queues.parents.name, opts, children: [] },
    ]);

    expect(first!.job.id).toBe('1');
    expect(second!.job).toMatchObject({ id: '1', deduplicated: true });
    expect(first).not.toHaveProperty('children');
  });

  it('keeps delay and priority of a parent until its children have ended', async () => {
    const queues = open();
    const flows = lab.flows();
    const slow = await flows.add({ ...flowOf(queues), opts: { delay: 60_000 } });
    const urgent = await flows.add({ ...flowOf(queues), opts: { priority: 5 } });
    const before = Date.now();
    lab.worker(async () => 1, {}, queues.children.name);

    await until(async () => (await queues.parents.getWaitingChildrenCount()) === 0);

    expect(await urgent.job.getState()).toBe('prioritized');
    expect(await slow.job.getState()).toBe('delayed');
    const [[, score]] = (await lab.dump()).delayed as [[string, number]];
    expect(score).toBeGreaterThanOrEqual(before + 60_000);
    await slow.job.promote();
  });

  it('takes defaults by queue, a policy of its own going before theirs', async () => {
    const queues = open();
    const queuesOptions = {
      [queues.children.name]: { defaultJobOptions: { attempts: 3, failParentOnFailure: true } },
    };
    const flow = flowOf(queues, { ignoreDependencyOnFailure: true });
    flow.children!.push({ name: 'other', queueName: queues.children.name });

    const { children } = await lab.flows().add(flow, { queuesOptions });

    const [own, other] = children!.map(({ job }) => job.opts);
    expect(own).toMatchObject({ attempts: 3, ignoreDependencyOnFailure: true });
    expect(own).not.toHaveProperty('failParentOnFailure');
    expect(other).toMatchObject({ attempts: 3, failParentOnFailure: true });
  });

  it('may reach over prefixes', async () => {
    const queues = open();
    const prefix = `${lab.prefix}:{tag}`;
    const other = lab.queue({ prefix }, 'elsewhere');
    const worker = lab.worker(async (job) => Object.entries(await job.getChildrenValues()));
    lab.worker(async () => 1, { prefix }, 'elsewhere');
    const done = next(worker, 'completed');
    const flow = flowOf(queues);
    flow.children = [{ name: 'far', queueName: 'elsewhere', prefix, opts: { jobId: 'a:{b}:c' } }];

    await lab.flows().add(flow);

    expect((await done)[1]).toEqual([[`${prefix}:elsewhere:a:{b}:c`, 1]]);
    await other.obliterate();
    await lab.client.unlink(await lab.client.keys(`${prefix}*`));
  });

  it('adds nothing when its first job is there, so that an add may be repeated', async () => {
    const queues = open();
    const flows = lab.flows();
    const flow = { ...flowOf(queues, {}, 2), opts: { jobId: 'album' } };
    await flows.add(flow);

    const again = await flows.add(flow);

    expect(again).toEqual({ job: expect.objectContaining({ id: 'album', deduplicated: true }) });
    expect(await queues.children.getWaitingCount()).toBe(2);
  });

  it.each<[string, (flow: FlowJob, queues: Queues) => unknown, RegExp]>([
    [
      'a child with a parent of its own',
      (flow) => (flow.children![0]!.opts = { parent: { id: 'x', queue: 'a:b' } }),
      /job above it/,
    ],
    [
      'two policies',
      (flow) => (flow.children![0]!.opts = { failParentOnFailure: true, ignoreDependencyOnFailure: true }),
      /choose one/,
    ],
    [
      'a deduplicated child',
      (flow) => (flow.children![0]!.opts = { deduplication: { id: 'x' } }),
      /parent cannot/,
    ],
    ['a deduplicated parent', (flow) => (flow.opts = { deduplication: { id: 'x' } }), /children cannot/],
    ['a queue without a name', (flow) => (flow.children![0]!.queueName = ''), /queue name/],
    ['children that are no list', (flow) => (flow.children = {} as never), /array/],
    ['no job', (flow) => (flow.children![0] = undefined as never), /flow/],
    [
      'a parent that names no queue',
      (flow) => (flow.opts = { parent: { id: 'x', queue: 'plain' } }),
      /queueQualifiedName/,
    ],
    ['data that JSON cannot hold', (flow) => (flow.children![0]!.data = 1n), /JSON/],
  ])('is refused before anything is written: %s', async (_case, spoil, message) => {
    const queues = open();
    const flow = flowOf(queues);
    spoil(flow, queues);

    await expect(lab.flows().add(flow)).rejects.toThrow(message);
    expect(await lab.dump()).toEqual({});
    expect(await lab.dump(queues.children.name)).toEqual({});
  });
});

describe('a child whose id is taken', () => {
  it('is the job that is there, its result told at once when it has ended', async () => {
    const queues = open();
    lab.worker(async () => 'early', {}, queues.children.name);
    const events = await lab.events({}, queues.children.name);
    const early = next(events, 'completed');
    await queues.children.add('child', 0, { jobId: 'known' });
    await early;
    const worker = lab.worker(async (job) => Object.values(await job.getChildrenValues()));
    const done = next(worker, 'completed');

    await lab.flows().add(flowOf(queues, { jobId: 'known' }));

    expect((await done)[1]).toEqual(['early']);
  });

  it('is refused while another parent waits for it, and free when that one is gone', async () => {
    const queues = open();
    const flows = lab.flows();
    const first = await flows.add(flowOf(queues, { jobId: 'mine' }));
    const second = flowOf(queues, { jobId: 'mine' });

    await expect(flows.add(second)).rejects.toMatchObject({ name: 'ParentConflictError', jobId: 'mine' });
    expect(await queues.parents.count()).toBe(1);
    await first.job.remove({ removeChildren: false });
    const { job } = await flows.add(second);
    lab.worker(async () => 1, {}, queues.children.name);
    await until(async () => (await job.getState()) === 'waiting');
    expect(Object.values(await job.getChildrenValues())).toEqual([1]);
  });
});

// What becomes of a parent is shown for every state and every end in test/lua/settle-child.spec.ts; here, that all of it
// arrives from another queue.
describe('a child that fails', () => {
  const failing = (queues: Queues): void => {
    lab.worker(
      async () => {
        throw new UnrecoverableError('broken');
      },
      {},
      queues.children.name,
    );
  };
  const key = (queues: Queues, { children }: JobNode): string =>
    `${queues.children.qualifiedName}:${children![0]!.job.id}`;

  it('fails its parent, and that one its own: failParentOnFailure', async () => {
    const queues = open();
    let ran = false;
    const worker = lab.worker(async () => void (ran = true));
    failing(queues);
    const failed = nextFew(worker, 'failed', 2);
    const flow = flowOf(queues, { failParentOnFailure: true });
    const above = { name: 'top', queueName: queues.parents.name };

    const node = await lab
      .flows()
      .add({ ...above, children: [{ ...flow, opts: { failParentOnFailure: true } }] });

    const [[middle, error], [top]] = (await failed) as [[Job, Error], [Job]];
    expect(error.message).toBe(`child ${key(queues, node.children![0]!)} failed`);
    expect(top.failedReason).toBe(`child ${queues.parents.qualifiedName}:${middle.id} failed`);
    expect(ran).toBe(false);
    const stored = (await queues.parents.getJob(middle.id))!;
    expect(stored).toMatchObject({ attemptsMade: 1, attemptsStarted: 1, deferredFailure: undefined });
    expect((await stored.getDependencies()).failed).toEqual([key(queues, node.children![0]!)]);
  });

  it('lets its parent run at once: continueParentOnFailure', async () => {
    const queues = open();
    const worker = lab.worker(async (job) => {
      await job.removeUnprocessedChildren();
      return job.getIgnoredChildrenFailures();
    });
    const done = next(worker, 'completed');
    const flow = flowOf(queues, { continueParentOnFailure: true });
    flow.children!.push({ name: 'later', queueName: queues.children.name, opts: { delay: 60_000 } });
    failing(queues);

    const node = await lab.flows().add(flow);

    expect((await done)[1]).toEqual({ [key(queues, node)]: 'broken' });
    expect(await queues.children.getDelayedCount()).toBe(0);
  });

  it.each([
    ['ignoreDependencyOnFailure', true],
    ['removeDependencyOnFailure', false],
  ])('is no longer waited for: %s', async (policy, isTold) => {
    const queues = open();
    const worker = lab.worker(async (job) => [
      await job.getIgnoredChildrenFailures(),
      await job.getFailedChildrenValues(),
    ]);
    failing(queues);
    const done = next(worker, 'completed');

    const node = await lab.flows().add(flowOf(queues, { [policy]: true }));

    const failures = isTold ? { [key(queues, node)]: 'broken' } : {};
    expect((await done)[1]).toEqual([failures, failures]);
  });

  it('is waited for until it is retried or removed, when nothing else was asked for', async () => {
    const queues = open();
    failing(queues);
    const { job, children } = await lab.flows().add(flowOf(queues, {}, 2));
    const [first, second] = children!.map((node) => node.job) as [Job, Job];
    await until(async () => (await queues.children.getFailedCount()) === 2);

    await second.remove();
    expect(await job.getDependenciesCount()).toMatchObject({ unprocessed: 1 });
    expect(await job.getState()).toBe('waiting-children');
    await queues.children.clean(0, 0, 'failed');

    await until(async () => (await job.getState()) === 'waiting');
    expect(await queues.children.getJob(first.id)).toBeUndefined();
    const told = ((await lab.dump()).events as string[][]).filter(([name]) => name === 'child-failed');
    expect(told).toEqual(
      [first, second].map(({ id }) => [
        'child-failed',
        job.id,
        `${queues.children.qualifiedName}:${id}`,
        '"broken"',
      ]),
    );
  });

  it('is waited for again when it is retried', async () => {
    const queues = open();
    let works = false;
    lab.worker(
      async () => {
        if (!works) throw new Error('not yet');
        return 'at last';
      },
      {},
      queues.children.name,
    );
    const parent = await lab.flows().add(flowOf(queues, { ignoreDependencyOnFailure: true }));
    await until(async () => (await parent.job.getState()) === 'waiting');
    works = true;

    await (await queues.children.getJob(parent.children![0]!.job.id))!.retry();

    await until(async () => Object.values(await parent.job.getChildrenValues())[0] === 'at last');
    expect(await parent.job.getIgnoredChildrenFailures()).toEqual({});
  });
});

describe('a child that is taken away', () => {
  it.each<[string, (job: Job, queues: Queues) => Promise<unknown>]>([
    ['by its own remove', (job) => job.remove()],
    ['by the queue', (job, { children }) => children.remove(job.id)],
    ['by cleaning', (_job, { children }) => children.clean(0, 0, 'waiting')],
    ['by draining', (_job, { children }) => children.drain()],
    ['by obliterating its queue', (_job, { children }) => children.obliterate()],
    ['by letting go of it', (job) => job.removeChildDependency()],
  ])('releases its parent %s', async (_case, take) => {
    const queues = open();
    const { job, children } = await lab.flows().add(flowOf(queues));

    await take(children![0]!.job, queues);

    expect(await job.getState()).toBe('waiting');
    expect(await job.getDependenciesCount()).toMatchObject({ unprocessed: 0 });
  });

  it('stalled too often and failed', async () => {
    const queues = open();
    const { job } = await lab.flows().add(flowOf(queues, { ignoreDependencyOnFailure: true }));
    const dead = lab.worker(null, { lockDuration: 20, stalledInterval: 5 }, queues.children.name);
    await dead.getNextJob('t');
    lab.worker(async () => 1, { stalledInterval: 10, maxStalledCount: 0 }, queues.children.name);

    await until(async () => (await job.getState()) === 'waiting');

    expect(Object.values(await job.getIgnoredChildrenFailures())).toEqual([
      'job stalled more than allowable limit',
    ]);
  });

  it('by the retention of failed jobs', async () => {
    const queues = open();
    const { job } = await lab.flows().add(flowOf(queues, { removeOnFail: true }));
    lab.worker(async () => Promise.reject(new Error('no')), {}, queues.children.name);

    await until(async () => (await job.getState()) === 'waiting');
    expect(await job.getDependencies()).toMatchObject({ unprocessed: [], ignored: {} });
  });

  it('says whether it was waited for', async () => {
    const queues = open();
    const { job, children } = await lab.flows().add(flowOf(queues));
    const child = children![0]!.job;

    expect(await child.removeChildDependency()).toBe(true);
    expect(await child.removeChildDependency()).toBe(false);
    expect(await job.removeChildDependency()).toBe(false);
    const read = (await queues.children.getJob(child.id))!;
    expect([read.parent, read.parentKey, await read.removeChildDependency()]).toEqual([
      undefined,
      undefined,
      false,
    ]);
    expect(await (await queues.children.getJob(child.id))!.getState()).toBe('waiting');
  });

  it('throws where its parent is gone', async () => {
    const queues = open();
    const { job, children } = await lab.flows().add(flowOf(queues));
    await job.remove({ removeChildren: false });

    await expect(children![0]!.job.removeChildDependency()).rejects.toMatchObject({
      code: 'MISSING_PARENT',
    });
  });
});

describe('removing a parent', () => {
  const tree = async (queues: Queues): Promise<JobNode> => {
    const flow = flowOf(queues, {}, 2);
    flow.children![0]!.children = [{ name: 'leaf', queueName: queues.children.name }];
    return lab.flows().add(flow);
  };

  it('removes all below it', async () => {
    const queues = open();
    const { job } = await tree(queues);

    await job.remove();

    expect(await queues.parents.count()).toBe(0);
    expect(await queues.children.count()).toBe(0);
  });

  it('or leaves them to themselves', async () => {
    const queues = open();
    const { job } = await tree(queues);

    expect(await queues.parents.remove(job.id, { removeChildren: false })).toBe(1);

    expect(await queues.children.count()).toBe(3);
  });

  it('is refused while a worker holds one of them, and then removes none', async () => {
    const queues = open();
    const { job } = await tree(queues);
    await lab.worker(null, {}, queues.children.name).getNextJob('t');

    await expect(job.remove()).rejects.toMatchObject({ code: 'WRONG_STATE' });
    expect(await queues.parents.remove(job.id)).toBe(0);
    expect(await queues.children.count()).toBe(2);
  });
});

describe('reading a flow', () => {
  it('gives the tree as it is now', async () => {
    const queues = open();
    const flows = lab.flows();
    const flow = flowOf(queues, {}, 3);
    flow.children![0]!.children = [{ name: 'leaf', queueName: queues.parents.name, data: 'deep' }];
    const { job, children } = await flows.add(flow);
    await children![2]!.job.remove();

    const read = (await flows.getFlow({ id: job.id, queueName: queues.parents.name }))!;

    expect(read.job).toMatchObject({ id: job.id, name: 'parent', data: { of: 'all' } });
    expect(read.children!.map((node) => node.job.data).sort()).toEqual([0, 1]);
    const deep = read.children!.find((node) => node.job.data === 0)!;
    expect(deep.children!.map((node) => [node.job.data, node.job.queueName])).toEqual([['deep', lab.name]]);
    expect(read.children!.find((node) => node.job.data === 1)).not.toHaveProperty('children');
  });

  it('no deeper and no wider than asked', async () => {
    const queues = open();
    const flows = lab.flows();
    const { job } = await flows.add(flowOf(queues, {}, 5));
    const read = (limits: object) => flows.getFlow({ id: job.id, queueName: queues.parents.name, ...limits });

    expect(await read({ depth: 1 })).not.toHaveProperty('children');
    expect((await read({ maxChildren: 2 }))!.children).toHaveLength(2);
    expect(await flows.getFlow({ id: 'none', queueName: queues.parents.name })).toBeUndefined();
  });

  it('gives children in pages and by position', async () => {
    const queues = open();
    const { job } = await lab.flows().add(flowOf(queues, {}, 1200));

    const seen = new Set<string>();
    for (let cursor = 0, first = true; first || cursor > 0; first = false) {
      const page = await job.getDependencies({ unprocessed: { cursor, count: 100 } });
      expect(page.unprocessed).toHaveLength(100);
      page.unprocessed!.forEach((id) => seen.add(id));
      cursor = page.nextUnprocessedCursor!;
    }
    expect(seen.size).toBe(1200);
    const { items, jobs, total } = await queues.parents.getDependencies(job.id, 'pending', 10, 14);
    expect([items.length, jobs.length, total]).toEqual([5, 5, 1200]);
  });
});

describe('a parent that has run', () => {
  it('keeps what its children brought when they are gone', async () => {
    const queues = open();
    const worker = lab.worker(async () => 'done');
    lab.worker(async () => 1, {}, queues.children.name);
    const done = next(worker, 'completed');
    const { job } = await lab.flows().add(flowOf(queues, { removeOnComplete: true }, 3));
    await done;

    expect(Object.values(await job.getChildrenValues())).toEqual([1, 1, 1]);
    expect(await queues.children.getCompletedCount()).toBe(0);
  });
});
