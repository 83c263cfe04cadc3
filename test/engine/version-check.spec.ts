import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import * as compat from 'stepwell/bullmq';
import { FlowProducer, Queue, QueueEvents, RedisVersionError, Worker } from 'stepwell/engine';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';

const open: { close(): Promise<unknown> }[] = [];
let redis: LocalRedis;
let client: Redis;
let asked: number;

const opened = <T extends { close(): Promise<unknown> }>(part: T): T => {
  open.push(part);
  return part;
};

beforeAll(async () => {
  redis = await startRedis({ external: false });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
  client.disconnect();
});

/** A client to which the server looks old. It is not made ready by INFO, so that what asks for it is ours. */
function dressed(): Redis {
  asked = 0;
  client = new Redis(redis.port, redis.host, { enableReadyCheck: false });
  client.info = async () => {
    asked += 1;
    return 'redis_version:5.0.7\r\nmaxmemory_policy:allkeys-lru\r\n';
  };
  return client;
}

describe('skipVersionCheck', () => {
  it.each([
    ['stepwell/engine', { Queue, Worker, FlowProducer }],
    ['stepwell/bullmq', compat as never],
  ] as [string, { Queue: typeof Queue; Worker: typeof Worker; FlowProducer: typeof FlowProducer }][])(
    'takes a server as it is, and does not call INFO (%s)',
    async (_entry, lib) => {
      const options = { connection: dressed(), skipVersionCheck: true };
      const queue = opened(new lib.Queue('any', options));
      const worker = opened(new lib.Worker('any', async () => 1, options));
      const flows = opened(new lib.FlowProducer(options));
      await Promise.all([queue.waitUntilReady(), worker.waitUntilReady(), flows.waitUntilReady()]);
      await queue.add('a', {});
      expect(asked).toBe(0);
    },
  );

  it('is for whoever asks for it: others check the same client', async () => {
    const options = { connection: dressed() };
    const skipping = opened(new Queue('any', { ...options, skipVersionCheck: true }));
    const checking = opened(new Queue('any', options));
    checking.on('error', () => {});
    await skipping.waitUntilReady();
    await expect(checking.waitUntilReady()).rejects.toThrow(RedisVersionError);
  });

  it('is refused by name where it is no boolean', () => {
    const connection = dressed();
    const skipVersionCheck = 'yes' as never;
    expect(() => new Queue('any', { connection, skipVersionCheck })).toThrow('skipVersionCheck');
    expect(() => new Worker('any', null, { connection, skipVersionCheck })).toThrow('skipVersionCheck');
  });
});

describe('options of BullMQ that have nothing to do', () => {
  it.each(['blockingConnection', 'skipWaitingForReady', 'skipMetasUpdate', 'blockingTimeout'])(
    'are refused, and what to do instead is said: %s',
    (name) => {
      const options = { connection: dressed(), [name]: true };
      for (const make of [
        () => new Queue('any', options),
        () => new Worker('any', null, options),
        () => new QueueEvents('any', options),
        () => new FlowProducer(options),
      ]) {
        expect(make).toThrow(new RegExp(`${name}[^]*Leave it out: `));
      }
    },
  );
});
