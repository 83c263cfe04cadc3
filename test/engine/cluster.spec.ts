import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from 'ioredis';
import { type Job, Queue, QueueEvents, Worker } from '../../lib/engine.js';
import { until } from '../support/engine-lab.js';
import { startCluster, type TestCluster } from '../support/start-cluster.js';

describe('on a cluster of three masters', () => {
  let cluster: TestCluster;
  let connection: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    connection = cluster.connect();
  });

  afterAll(async () => {
    await connection.quit();
    await cluster.stop();
  });

  it('processes queues of different slots over one client', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const workers = names.map(
      (name) => new Worker(name, async (job) => `${name}${job.data}`, { connection, concurrency: 5 }),
    );
    const queues = names.map((name) => new Queue(name, { connection }));
    const events = names.map((name) => new QueueEvents(name, { connection }));
    await Promise.all(events.map((each) => each.waitUntilReady()));

    const results = await Promise.all(
      queues.flatMap((queue, q) =>
        Array.from({ length: 20 }, async (_, i) => {
          const job = await queue.add('job', i, i % 4 === 0 ? { delay: 50 } : {});
          return job.waitUntilFinished(events[q]!, 10_000);
        }),
      ),
    );

    expect(results).toEqual(names.flatMap((name) => Array.from({ length: 20 }, (_, i) => `${name}${i}`)));
    await Promise.all([...workers, ...queues, ...events].map((part) => part.close()));
    expect(connection.status).toBe('ready');
  }, 30_000);

  it('lets queues on different masters share a limit, each of which goes on', async () => {
    // Slots 15495, 3300, 7365: each on another of the three masters.
    const names = ['a', 'b', 'c'];
    const prefix = 'shared';
    const keys = names.map((name) => `${prefix}:{${name}}:meta`);
    const slots = await Promise.all(keys.map((key) => connection.cluster('KEYSLOT', key)));
    expect(slots).toEqual([15495, 3300, 7365]);
    const limits = { stripe: { concurrency: 3, shared: true } };
    const queues = names.map((name) => new Queue(name, { connection, prefix, limits }));
    const [busy, ...others] = queues as [Queue, ...Queue[]];
    const job = { name: 'job', data: 0, opts: { limits: ['stripe'] } };
    const jobs = Array.from({ length: 10 }, () => job);
    let running = 0;
    let most = 0;
    let isOver = false;
    const run = async ({ queueName }: Job): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      // The first queue has always jobs that wait.
      if (queueName === 'a' && !isOver) await busy.add(job.name, 0, job.opts);
    };
    await busy.addBulk(jobs);
    const workers = names.map((name) => new Worker(name, run, { connection, prefix, concurrency: 5 }));
    await Promise.all(others.map((queue) => queue.addBulk(jobs)));
    for (const queue of others) {
      await until(async () => (await queue.getCompletedCount()) === jobs.length, 15_000);
    }
    isOver = true;
    await until(async () => (await busy.getJobCountByTypes('waiting', 'active')) === 0, 15_000);
    expect(most).toBe(3);
    await Promise.all([...workers, ...queues].map((part) => part.close()));
  }, 30_000);
});
