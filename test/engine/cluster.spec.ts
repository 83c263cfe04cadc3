import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Cluster } from 'ioredis';
import { Queue, QueueEvents, Worker } from '../../lib/engine.js';
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
});
