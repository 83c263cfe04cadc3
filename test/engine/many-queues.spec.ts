import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, Redis } from 'ioredis';
import { FlowProducer, Queue, QueueEvents, Worker } from '../../lib/engine.js';
import { connect } from '../../lib/redis/connections.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { OutboxRelay } from '../../lib/store/outbox-relay.js';
import { QueueStore } from '../../lib/store/queue-store.js';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { fasterRuntime } from '../support/faster-runtime.js';
import { startCluster, type TestCluster } from '../support/start-cluster.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();

describe('what is kept of queues that were used once', () => {
  it('is bounded: their queues and stores', async () => {
    const client = new Redis(testRedisUrl());
    bindRuntime(client, fasterRuntime(4));
    const connection = connect(client);
    const flows = new FlowProducer({ connection: client, prefix: lab.prefix });
    const [parent, child] = [`${lab.name}-parent`, `${lab.name}-child`];
    await flows.add({
      name: 'a',
      queueName: parent,
      children: [{ name: 'b', queueName: child }],
    });
    const office = OutboxRelay.of(connection);
    // What was received is kept for some seconds, and looked after.
    await until(() => Promise.resolve(office.held.queues === 0));

    const peers = QueueStore.peersOn(connection, {});
    const kept = peers.of({ prefix: lab.prefix, queueName: 'kept' });
    expect(
      kept.peer({ prefix: lab.prefix, queueName: 'other' }).peer({ prefix: lab.prefix, queueName: 'kept' }),
    ).toBe(kept);
    for (let i = 0; i < 1000; i += 1) {
      office.runner(`${lab.prefix}:{q${i}}:`);
      peers.of({ prefix: lab.prefix, queueName: `q${i}` });
    }
    expect(peers.size).toBeLessThanOrEqual(200);
    expect(office.held.runners).toBeLessThanOrEqual(200);
    await Promise.all([parent, child].map((name) => lab.queue({}, name).obliterate({ force: true })));
    await flows.close();
    await connection.release();
    await client.quit();
  });
});

describe('a client whose replies look otherwise', () => {
  it.each([
    ['numbers as texts', { stringNumbers: true }],
    ['maps', { replyMapping: 'resp3' as const, protocol: 3 as const }],
  ])('is read rightly: %s', async (_what, options) => {
    const client = new Redis(testRedisUrl(), options);
    const queue = lab.queue({ connection: client });
    const events = await lab.events({ connection: client });
    const worker = lab.worker(async () => 1, { connection: client, autorun: false });
    await queue.pause();
    const job = await queue.add('a', 0, { delay: 1 });
    expect(await queue.isPaused()).toBe(true);
    expect(await queue.getDelayedCount()).toBe(1);
    await queue.resume();
    void worker.run();
    expect(await job.waitUntilFinished(events, 5000)).toBe(1);
    await Promise.all([worker.close(), queue.close(), events.close()]);
    expect(client.status).toBe('ready');
    await client.quit();
  });
});

describe('on a cluster', () => {
  let cluster: TestCluster;
  let connection: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    connection = cluster.connect();
    bindRuntime(connection, fasterRuntime(4));
  });

  afterAll(async () => {
    await connection.quit();
    await cluster.stop();
  });

  it('connections for queues that have been closed are closed', async () => {
    const count = async (): Promise<number> => {
      const lists = await Promise.all(connection.nodes('master').map((node) => node.client('LIST')));
      return lists.join('').trim().split('\n').length;
    };
    const stays = new Queue('stays', { connection });
    await stays.waitUntilReady();
    const before = await count();
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const name = `q${i}`;
        const queue = new Queue(name, { connection });
        const events = new QueueEvents(name, { connection });
        await events.waitUntilReady();
        const worker = new Worker(name, async () => 1, { connection, drainDelay: 1 });
        const done = next(worker, 'completed');
        await queue.add('a', 0);
        await done;
        await Promise.all([worker.close(), events.close(), queue.close()]);
      }),
    );
    expect(await count()).toBeGreaterThan(before);
    await until(async () => (await count()) <= before, 20_000);
    await stays.close();
  }, 40_000);
});
