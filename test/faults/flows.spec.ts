import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FlowJob } from '../../lib/engine.js';
import { EngineLab, until } from '../support/engine-lab.js';
import { Fleet } from '../support/fleet.js';
import type { FlowPartOrders } from '../support/flow-part.js';
import { LossyProxy, runsCommand } from '../support/lossy-proxy.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION'] });

/** A parent, its children in a second queue, their children in a third. */
function flowOf(width: number, childrenOfEach = 2): FlowJob {
  const [parents, children, leaves] = queueNames();
  return {
    name: 'parent',
    queueName: parents,
    opts: { jobId: 'root' },
    children: Array.from({ length: width }, (_, i) => ({
      name: 'child',
      queueName: children,
      data: i,
      children: Array.from({ length: childrenOfEach }, (_leaf, n) => ({
        name: 'leaf',
        queueName: leaves,
        data: n,
      })),
    })),
  };
}

const queueNames = (): [string, string, string] => [lab.name, `${lab.name}-b`, `${lab.name}-c`];

/** How often each job ran, by queue. */
function work(options: object = {}): Map<string, number> {
  const runs = new Map<string, number>();
  for (const name of queueNames()) {
    lab.queue({}, name);
    lab.worker(
      async (job) => {
        const key = `${name} ${job.id}`;
        runs.set(key, (runs.get(key) ?? 0) + 1);
        return Object.keys(await job.getChildrenValues()).length;
      },
      { concurrency: 10, drainDelay: 0.2, ...options },
      name,
    );
  }
  return runs;
}

describe('a process that dies', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.prepare('none', {});
  });
  afterAll(() => fleet.end());

  const die = async (orders: Omit<FlowPartOrders, 'url' | 'prefix'>): Promise<void> => {
    const { url } = lab.connection();
    await expect(fleet.run('flow-part', { url, prefix: lab.prefix, ...orders })).rejects.toThrow(
      'ended with code null',
    );
  };

  it.each<[string, FlowPartOrders['dies'], number]>([
    ['when the flow has begun', { script: 'addFlow', nth: 1, after: true }, 3],
    ['before it delivers', { script: 'readOutbox', nth: 1, after: false }, 3],
    ['with the outbox on lease', { script: 'readOutbox', nth: 1, after: true }, 3],
    ['before the first children arrive', { script: 'receive', nth: 1, after: false }, 3],
    ['when the first children have arrived', { script: 'receive', nth: 1, after: true }, 3],
    ['before the leaves arrive', { script: 'receive', nth: 2, after: false }, 3],
    ['when all have arrived', { script: 'receive', nth: 2, after: true }, 3],
    ['in the middle of a large flow', { script: 'receive', nth: 4, after: false }, 600],
    ['at the end of a page of it', { script: 'readOutbox', nth: 3, after: true }, 600],
  ])(
    'while it adds a flow leaves a whole one: %s',
    async (_case, dies, width) => {
      await die({ flow: flowOf(width, 1), dies });

      const started = Date.now();
      const runs = work();
      const [queue] = [lab.queue()];
      await until(async () => (await queue.getJobState('root')) === 'completed', 20_000);

      expect(runs.size).toBe(1 + 2 * width);
      expect([...runs.values()].every((count) => count === 1)).toBe(true);
      expect((await queue.getJob('root'))!.returnvalue).toBe(width);
      // The lease of a second, the look of an idle worker, the work itself.
      expect(Date.now() - started).toBeLessThan(width < 10 ? 3000 : Infinity);
    },
    30_000,
  );

  it.each<[string, FlowPartOrders['dies']]>([
    ['before it begins', { script: 'addFlow', nth: 1, after: false }],
    ['when a part of it was put aside', { script: 'stageFlow', nth: 2, after: true }],
  ])(
    '%s, leaves nothing',
    async (_case, dies) => {
      await die({ flow: flowOf(900, 1), dies });
      const queue = lab.queue();
      expect(await queue.getJob('root')).toBeUndefined();
      const staged = lab.keys.of('staging');
      for (const id of await lab.client.zrange(staged, '0', '-1')) await lab.client.zadd(staged, 1, id);

      const runs = work({ stalledInterval: 50 });

      await until(async () => (await lab.client.keys(`${lab.keys.base}stag*`)).length === 0);
      expect(await lab.client.keys(`${lab.prefix}*body*`)).toEqual([]);
      expect(runs.size).toBe(0);
    },
    30_000,
  );

  it.each<[string, FlowPartOrders['dies'], string]>([
    [
      'between the end of a child and telling its parent',
      { script: 'receive', nth: 1, after: false },
      'waiting-children',
    ],
    [
      'before its outbox knows that the parent was told',
      { script: 'receive', nth: 1, after: true },
      'waiting',
    ],
  ])(
    '%s is followed by another worker',
    async (_case, dies, state) => {
      const [parents, children] = queueNames();
      const queue = lab.queue();
      const { job } = await lab.flows().add({
        name: 'parent',
        queueName: parents,
        children: [{ name: 'child', queueName: children, data: 7 }],
      });
      lab.queue({}, children);
      await die({ queue: children, dies });
      expect(await job.getState()).toBe(state);

      lab.worker(async () => 1, { drainDelay: 0.2 }, children);

      await until(async () => (await queue.getJobState(job.id)) === 'waiting', 3000);
      await until(
        async () => (await lab.client.hget(`${lab.prefix}:{${children}}:meta`, 'outbox')) !== '1',
        3000,
      );
      expect(Object.values(await job.getChildrenValues())).toEqual([7]);
      expect(await queue.getWaitingCount()).toBe(1);
    },
    20_000,
  );
});

describe('replies that are lost', () => {
  let proxy: LossyProxy;
  beforeEach(async () => {
    proxy = await LossyProxy.open(lab.redis, runsCommand);
  });
  afterEach(() => proxy.close());

  it('neither lose a child nor settle one twice', async () => {
    const connection = { ...proxy.address };
    const runs = work({ connection });
    const flows = lab.flows({ connection });
    const queue = lab.queue();
    let isOver = false;
    const losing = (async () => {
      while (!isOver) {
        proxy.losing = 1;
        // Long enough for some calls to come through: each loss costs the connection.
        await new Promise((resolve) => setTimeout(resolve, 150 + 100 * (proxy.lost % 3)));
      }
      proxy.losing = 0;
    })();
    let added = 0;
    while (proxy.lost < 40) {
      const lot = Array.from({ length: 5 }, (_, i) => ({
        ...flowOf(3),
        opts: { jobId: `root-${added + i}` },
      }));
      await flows.addBulk(lot);
      added += lot.length;
    }
    isOver = true;
    await losing;

    await until(async () => (await queue.getCompletedCount()) === added, 30_000);
    expect(runs.size).toBe(added * (1 + 3 + 6));
    expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
    const jobs = await queue.getCompleted();
    expect(jobs.every(({ returnvalue }) => returnvalue === 3)).toBe(true);
  }, 90_000);
});

describe('a Redis that is killed and comes back', () => {
  const durable = EngineLab.open({
    redis: { appendOnly: 'always' },
    expectedErrors: ['CONNECTION', 'REDIS_REPLY'],
  });

  it('keeps every flow that was added', async () => {
    const queue = durable.queue();
    const children = durable.queue({}, `${durable.name}-b`);
    durable.worker(async (job) => Object.keys(await job.getChildrenValues()).length);
    durable.worker(async () => 1, { concurrency: 10 }, children.name);
    const flows = durable.flows();
    let added = 0;
    for (let round = 0; round < 4; round += 1) {
      const adding = Promise.all(
        Array.from({ length: 20 }, () =>
          flows.add({
            name: 'parent',
            queueName: queue.name,
            children: Array.from({ length: 5 }, () => ({ name: 'child', queueName: children.name })),
          }),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 15));
      await durable.redis.kill();
      await durable.redis.restart();
      added += (await adding).length;
    }

    await until(async () => (await queue.getCompletedCount()) === added, 30_000);
    const jobs = await queue.getCompleted();
    expect(jobs.every(({ returnvalue }) => returnvalue === 5)).toBe(true);
    expect(await children.getCompletedCount()).toBe(added * 5);
  }, 60_000);
});
