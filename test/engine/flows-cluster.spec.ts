import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from 'ioredis';
import { FlowProducer, Queue, QueueEvents, WaitingChildrenError, Worker } from '../../lib/engine.js';
import { auditQueue } from '../support/audit-queue.js';
import { startCluster, type TestCluster } from '../support/start-cluster.js';

// Nothing is different on a cluster: this shows that it is so.
describe('flows over slots of a cluster', () => {
  let cluster: TestCluster;
  let connection: Cluster;
  // Each on another of the three masters: slots 15495, 3300, 7365.
  const names = ['a', 'b', 'c'] as const;

  beforeAll(async () => {
    cluster = await startCluster();
    connection = cluster.connect();
  });

  afterAll(async () => {
    await connection.quit();
    await cluster.stop();
  });

  it('are added, run from the leaves up, and settle whatever becomes of a child', async () => {
    const slots = await Promise.all(names.map((name) => connection.cluster('KEYSLOT', `x:{${name}}:y`)));
    expect(new Set(slots.map((slot) => Math.floor(Number(slot) / (16384 / 3)))).size).toBe(3);
    const queues = names.map((name) => new Queue(name, { connection }));
    const [parents, children, leaves] = queues as [Queue, Queue, Queue];
    const flows = new FlowProducer({ connection });
    const workers = [
      new Worker(
        'a',
        async (job, token) => {
          if (job.name === 'step' && job.attemptsStarted === 1) {
            await children.add('child', 100, { parent: { id: job.id, queue: job.queueQualifiedName } });
            await job.addChildren([{ name: 'child', queueName: 'b', data: 200 }]);
            if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
          }
          return Object.values(await job.getChildrenValues<number>()).reduce((sum, n) => sum + n, 0);
        },
        { connection, concurrency: 5 },
      ),
      new Worker(
        'b',
        async (job) => {
          if (job.data === 'fails') throw new Error('no');
          const below = Object.values(await job.getChildrenValues<number>());
          return below.reduce((sum, n) => sum + n, Number(job.data));
        },
        { connection, concurrency: 5 },
      ),
      new Worker('c', async (job) => Number(job.data), { connection, concurrency: 5 }),
    ];
    const events = new QueueEvents('a', { connection });
    await events.waitUntilReady();

    const added = await flows.addBulk(
      Array.from({ length: 20 }, (_, i) => ({
        name: 'parent',
        queueName: 'a',
        children: [
          {
            name: 'child',
            queueName: 'b',
            data: i,
            children: [{ name: 'leaf', queueName: 'c', data: 1000 }],
          },
          { name: 'child', queueName: 'b', data: 'fails', opts: { ignoreDependencyOnFailure: true } },
          { name: 'leaf', queueName: 'c', data: 5, opts: { removeOnComplete: true } },
        ],
      })),
    );
    const results = await Promise.all(added.map(({ job }) => job.waitUntilFinished(events, 10_000)));
    expect(results).toEqual(added.map((_, i) => i + 1005));

    const step = await parents.add('step', 0);
    expect(await step.waitUntilFinished(events, 10_000)).toBe(300);

    const doomed = await flows.add({
      name: 'parent',
      queueName: 'a',
      children: [{ name: 'child', queueName: 'b', data: 'fails', opts: { failParentOnFailure: true } }],
    });
    const key = `stepwell:b:${doomed.children![0]!.job.id}`;
    await expect(doomed.job.waitUntilFinished(events, 10_000)).rejects.toThrow(`child ${key} failed`);

    const removed = await flows.add({
      name: 'parent',
      queueName: 'a',
      children: [{ name: 'leaf', queueName: 'c', opts: { delay: 60_000 } }],
    });
    await leaves.remove(removed.children![0]!.job.id);
    expect(await removed.job.waitUntilFinished(events, 10_000)).toBe(0);

    const read = (await flows.getFlow({ id: added[3]!.job.id, queueName: 'a' }))!;
    expect(read.children!.map(({ job }) => job.queueName).sort()).toEqual(['b', 'b']);

    await Promise.all(workers.map((worker) => worker.close()));
    for (const name of names) expect(await auditQueue(connection, 'stepwell', name)).toEqual([]);
    await Promise.all([...queues, flows, events].map((part) => part.close()));
  }, 40_000);
});
