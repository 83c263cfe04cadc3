import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis, type RedisOptions } from 'ioredis';
import { ConnectionClosedError, ConnectionError, Queue, RedisReplyError, Worker } from '../../lib/engine.js';
import { connect } from '../../lib/redis/connections.js';
import { Readiness } from '../../lib/redis/readiness.js';
import { systemRuntime } from '../../lib/runtime/system-runtime.js';
import { freePort } from '../../lib/testing/free-port.js';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';
import { next } from '../support/engine-lab.js';

const open: { close(): Promise<void> }[] = [];
let redis: LocalRedis | undefined;

function opened<T extends { close(): Promise<void> }>(part: T): T {
  open.push(part);
  return part;
}

/** A queue on a Redis that comes later, and its first error. */
async function early(options: RedisOptions) {
  const port = await freePort();
  const queue = opened(new Queue('late', { connection: { host: '127.0.0.1', port, ...options } }));
  const [outage] = await next(queue, 'error');
  return { port, queue, outage: outage as Error };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
  await redis?.stop();
  redis = undefined;
});

describe('a Redis that comes late', () => {
  it.each([
    ['few tries', { maxRetriesPerRequest: 1 }],
    ['no queue of calls', { enableOfflineQueue: false }],
  ])('is ready when it has come, with %s', async (_what, options) => {
    const { port, queue } = await early(options);
    const worker = opened(
      new Worker('late', async () => 1, { connection: { host: '127.0.0.1', port, ...options } }),
    );
    worker.on('error', () => {});
    const asked = [queue.waitUntilReady(), worker.waitUntilReady(), queue.client];
    const told = next(worker, 'ready');
    redis = await startRedis({ external: false, port });
    await Promise.all([...asked, told]);
    expect(await queue.getWaitingCount()).toBe(0);
  });

  it('keeps nobody waiting for longer than asked, and is ready for who asks again', async () => {
    const port = await freePort();
    const client = new Redis({ port, maxRetriesPerRequest: 1, retryStrategy: () => 20 });
    client.on('error', () => {});
    const readiness = new Readiness(client, systemRuntime, () => {});
    const refused = await readiness.wait(150).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConnectionError);
    expect((refused as Error).cause).toMatchObject({ message: expect.stringContaining(`ECONNREFUSED`) });
    redis = await startRedis({ external: false, port });
    await readiness.wait(5000);
    await readiness.first;
    readiness.close();
    client.disconnect();
  });

  it('is ready over a client that connects only when it is used', async () => {
    redis = await startRedis({ external: false });
    const client = new Redis(redis.port, redis.host, { lazyConnect: true });
    const queue = opened(new Queue('late', { connection: client }));
    await queue.waitUntilReady();
    expect(client.status).toBe('ready');
    await queue.close();
    client.disconnect();
  });

  it('rejects at once where it refuses, and is ready once it does not', async () => {
    redis = await startRedis({ external: false });
    const { port, host } = redis;
    const admin = new Redis(port, host);
    await admin.call('ACL', 'SETUSER', 'shop', 'on', '>right', '~*', '&*', '+@all');
    const queue = opened(
      new Queue('late', { connection: { host, port, username: 'shop', password: 'wrong' } }),
    );
    queue.on('error', () => {});
    await expect(queue.waitUntilReady()).rejects.toThrow(RedisReplyError);
    await admin.call('ACL', 'SETUSER', 'shop', '>wrong');
    await queue.waitUntilReady().catch(() => queue.waitUntilReady());
    admin.disconnect();
  });

  it('is asked by hand no longer than is said, where it does not answer', async () => {
    redis = await startRedis({ external: false });
    const queue = opened(new Queue('late', { connection: { host: redis.host, port: redis.port } }));
    queue.on('error', () => {});
    await queue.checkRedis(5000);
    await redis.kill('SIGSTOP');
    const from = performance.now();
    await expect(queue.checkRedis(200)).rejects.toMatchObject({
      code: 'CONNECTION',
      message: `Redis at ${redis.host}:${redis.port} cannot be reached: no answer within 200 ms.`,
    });
    expect(performance.now() - from).toBeLessThan(2000);
    await redis.kill('SIGCONT');
    await queue.checkRedis(10_000);
    await queue.close();
    await expect(queue.checkRedis()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
  });

  it('rejects when it is closed before', async () => {
    const { queue } = await early({});
    const waits = queue.waitUntilReady().catch((error: unknown) => error);
    await queue.close();
    expect(await waits).toBeInstanceOf(ConnectionClosedError);
  });
});

describe('what is said of a connection', () => {
  it('names the cause', async () => {
    const { port, outage } = await early({});
    expect(outage.message).toBe(
      `Redis at 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}. Trying again.`,
    );
    expect(outage.cause).toMatchObject({ code: 'ECONNREFUSED', port });
  });

  it('names each address that a host name stands for', async () => {
    const { outage } = await early({ host: 'localhost' });
    expect(outage.message).toContain('connect ECONNREFUSED');
  });

  it('says that it is the default where no connection is set', async () => {
    for (const options of [{}, { connection: undefined as never }, { connection: {} }]) {
      const connection = connect(options.connection);
      expect(connection.describe()).toMatch(/^Redis at \S+:6379 \(the default: no connection is set\)$/);
      await connection.release();
    }
  });

  it('names sentinels where those are asked', async () => {
    const port = await freePort();
    const sentinels = [
      { host: '127.0.0.1', port },
      { host: 'localhost', port },
    ];
    const queue = opened(new Queue('late', { connection: { sentinels, name: 'shop' } }));
    const [error] = await next(queue, 'error');
    expect((error as Error).message).toContain(
      `Redis at the master "shop" of the sentinels 127.0.0.1:${port}, localhost:${port} cannot be reached: All sentinels are unreachable`,
    );
  });

  it('does not promise to try again when a client that was passed in has ended', async () => {
    redis = await startRedis({ external: false });
    const client = new Redis(redis.port, redis.host);
    const queue = opened(new Queue('late', { connection: client }));
    await queue.waitUntilReady();
    const errors: Error[] = [];
    queue.on('error', (error) => errors.push(error));
    const told = next(queue, 'error');
    await client.quit();
    await told;
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ConnectionClosedError);
    expect(errors[0]!.message).toBe(
      `The connection to Redis at 127.0.0.1:${redis.port} is not opened again: the client that was passed in was closed.`,
    );
  });
});
