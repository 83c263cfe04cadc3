import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, Redis } from 'ioredis';
import { FlowProducer, Queue, Worker } from '../../lib/engine.js';
import { Gate, until } from '../support/engine-lab.js';
import { startCluster, type TestCluster } from '../support/start-cluster.js';

/** Longer than a failover takes on a busy machine. */
const CALL_TIMEOUT_MS = 30_000;

describe('a cluster of which a master dies', () => {
  let cluster: TestCluster;
  let connection: Cluster;

  beforeAll(async () => {
    cluster = await startCluster(3, { withReplicas: true, nodeTimeoutMs: 3000 });
    connection = cluster.connect();
    connection.on('error', () => {});
  }, 240_000);

  afterAll(async () => {
    connection?.disconnect();
    await cluster?.stop();
  });

  it('takes every add, flow and read until its replica has taken over, and runs no finished job again', async () => {
    const options = { connection, callTimeout: CALL_TIMEOUT_MS };
    // One queue on each master.
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const queues = names.map((name) => new Queue<number>(name, options));
    const flows = new FlowProducer(options);
    const runs = new Map<string, number>();
    const errors: Error[] = [];
    const died = new Gate();
    const workers = names.map(
      (name) =>
        new Worker(
          name,
          async (job) => {
            const key = `${name}:${job.id}`;
            runs.set(key, (runs.get(key) ?? 0) + 1);
            if (job.name === 'long') await died.passed;
            await job.updateProgress(1);
          },
          { connection, concurrency: 5, lockDuration: 60_000 },
        ),
    );
    for (const each of [...queues, ...workers, flows] as EventEmitter[]) {
      each.on('error', (error: Error & { code?: string }) => {
        if (error.code !== 'CONNECTION') errors.push(error);
      });
    }
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    const failed: unknown[] = [];
    // These end while their master is away.
    await Promise.all(queues.map((queue) => queue.add('long', 0)));
    await until(() => runs.size === names.length);
    // Redis replicates after it has answered, and what it loses itself is not what this is about.
    await sleep(500);
    await cluster.masters[1]!.kill();
    died.open();
    let added = names.length;
    let isOver = false;
    const load = (async () => {
      for (let round = 0; !isOver; round += 1) {
        const adding = queues.map((queue) => queue.add('job', round, { jobId: `j${round}` }));
        const flow = flows.add({
          name: 'flow',
          queueName: names[round % names.length]!,
          opts: { jobId: `f${round}` },
          children: names.map((queueName) => ({ name: 'child', queueName, opts: { jobId: `c${round}` } })),
        });
        const reading = queues.map((queue) => queue.getJobCounts());
        const ended = await Promise.allSettled<unknown>([...adding, flow, ...reading]);
        failed.push(...ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
        added += names.length * 2 + 1;
        await sleep(5);
      }
    })();
    await until(async () => /role:master/.test(await roleOf(cluster.replicas[1]!.port)), 30_000);
    await sleep(500);
    isOver = true;
    await load;
    expect(failed).toEqual([]);
    const completed = async (): Promise<number> =>
      (await Promise.all(queues.map((queue) => queue.getCompletedCount()))).reduce((a, b) => a + b);
    await until(async () => (await completed()) === added, 30_000);
    expect([...runs].filter(([, count]) => count > 1)).toEqual([]);
    expect(errors).toEqual([]);
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all([...queues, flows].map((each) => each.close()));
  }, 240_000);
});

async function roleOf(port: number): Promise<string> {
  const client = new Redis(port, '127.0.0.1');
  try {
    return await client.info('replication');
  } finally {
    client.disconnect();
  }
}
