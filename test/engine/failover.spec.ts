import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Queue, Worker } from '../../lib/engine.js';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { LossyProxy } from '../support/lossy-proxy.js';

const lab = EngineLab.open({ redis: {} });

describe('a master that becomes a replica, behind an address that then leads to the new one', () => {
  let other: LocalRedis;
  let otherClient: Redis;
  let proxy: LossyProxy;
  const target = { host: '', port: 0 };

  beforeEach(async () => {
    other = await startRedis({ external: false });
    otherClient = new Redis(other.port, other.host);
    Object.assign(target, { host: lab.redis.host, port: lab.redis.port });
    proxy = await LossyProxy.open(target);
  });

  afterEach(async () => {
    await proxy.close();
    await lab.client.call('REPLICAOF', 'NO', 'ONE');
    otherClient.disconnect();
    await other.stop();
  });

  it('is left when it refuses a write, and so do those who wait there', async () => {
    const connection = { ...proxy.address };
    const queue = new Queue(lab.name, { connection, prefix: lab.prefix });
    const worker = new Worker(lab.name, async () => 1, { connection, prefix: lab.prefix });
    queue.on('error', () => {});
    worker.on('error', () => {});
    const first = next(worker, 'completed');
    await queue.add('before', 0);
    await first;
    await lab.client.call('REPLICAOF', other.host, other.port);
    Object.assign(target, { host: other.host, port: other.port });
    const second = next(worker, 'completed');
    await queue.add('after', 0);
    await second;
    expect(await otherClient.get(lab.keys.derived('body', '1'))).toContain('\nafter\n');
    await Promise.all([worker.close(), queue.close()]);
  });
});

describe('a blocking read on a connection that is dead without anyone having said so', () => {
  it('is given up soon after it should have ended, and nobody waits for it', async () => {
    const proxy = await LossyProxy.open(lab.redis);
    const worker = lab.worker(async () => 1, { connection: { ...proxy.address }, drainDelay: 0.3 });
    await worker.waitUntilReady();
    await until(() => proxy.silence((request) => request.includes('bzpopmin')) > 0);
    const done = next(worker, 'completed');
    await lab.queue().add('a', 0);
    await done;
    expect(await lab.queue().getCompletedCount()).toBe(1);
    await worker.close();
    await proxy.close();
  });
});
