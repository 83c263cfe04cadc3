import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type ConnectionOptions, Queue, QueueEvents, Worker } from '../../lib/engine.js';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';
import { next, until } from '../support/engine-lab.js';
import { MASTER_NAME, type Sentinel, startSentinel, untilAgreed } from '../support/start-sentinels.js';

const parts: { close(): Promise<void> }[] = [];
const servers: { stop(): Promise<void> }[] = [];

async function redis(args: string[] = []): Promise<LocalRedis> {
  const server = await startRedis({ external: false, args });
  servers.push(server);
  return server;
}

async function sentinel(masterPort: number, quorum = 1): Promise<Sentinel> {
  const started = await startSentinel(masterPort, quorum);
  servers.push(started);
  return started;
}

function opened<T extends { close(): Promise<void>; on(event: 'error', listener: () => void): unknown }>(
  part: T,
): T {
  part.on('error', () => {});
  parts.push(part);
  return part;
}

/** Equal options would share a connection: `of` keeps them apart. */
const options = (sentinels: readonly Sentinel[], of = 'all'): { connection: ConnectionOptions } => ({
  connection: {
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: MASTER_NAME,
    connectionName: of,
  },
});

afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
}, 30_000);

describe('with sentinels', () => {
  it('a frozen one holds up neither jobs nor events', async () => {
    const master = await redis();
    const sentinels = [await sentinel(master.port), await sentinel(master.port)];
    sentinels[0]!.kill('SIGSTOP');
    const queue = opened(new Queue('orders', options(sentinels)));
    const events = opened(new QueueEvents('orders', options(sentinels)));
    opened(new Worker('orders', async () => 1, options(sentinels)));
    await events.waitUntilReady();
    const job = await queue.add('a', 0);
    expect(await job.waitUntilFinished(events, 5000)).toBe(1);
  }, 60_000);

  it('a stale one, that names a master of the past, does not stop events', async () => {
    const past = await redis();
    const master = await redis();
    const sentinels = [await sentinel(past.port, 2), await sentinel(master.port)];
    await past.kill('SIGKILL');
    const queue = opened(new Queue('orders', options(sentinels)));
    const events = opened(new QueueEvents('orders', options(sentinels)));
    await events.waitUntilReady();
    await past.restart();
    const client = new Redis(master.port, master.host);
    const readers = async () =>
      String(await client.client('LIST'))
        .split('\n')
        .filter((line) => line.includes('cmd=xread'))
        .map((line) => /^id=(\d+)/.exec(line)![1]!);
    await until(async () => (await readers()).length === 1);
    const [reader] = await readers();
    await client.client('KILL', 'ID', reader!);
    const told = next(events, 'added');
    const job = await queue.add('a', 0);
    expect((await told)[0]).toMatchObject({ jobId: job.id });
    client.disconnect();
  }, 60_000);

  it.each([
    ['dies', 'SIGKILL'],
    ['freezes', 'SIGSTOP'],
  ] as const)(
    'events and workers follow when the master %s',
    async (_how, signal) => {
      const master = await redis();
      const replica = await redis(['--replicaof', `${master.host} ${master.port}`]);
      const sentinels = [
        await sentinel(master.port, 2),
        await sentinel(master.port, 2),
        await sentinel(master.port, 2),
      ];
      await untilAgreed(sentinels);
      // Each on its own connection: the one for events has nothing else to do.
      const events = opened(new QueueEvents('orders', options(sentinels, 'events')));
      const worker = opened(new Worker('orders', async () => 1, options(sentinels, 'worker')));
      await Promise.all([events.waitUntilReady(), worker.waitUntilReady()]);
      await master.kill(signal);
      await until(async () => (await sentinels[1]!.masterPort()) === replica.port, 20_000);
      const done = new Promise((resolve) => worker.once('completed', resolve));
      const told = new Promise((resolve) => events.once('completed', resolve));
      const queue = opened(new Queue('orders', options(sentinels.slice(1), 'queue')));
      await queue.add('a', 0);
      await Promise.all([done, told]);
      expect(await queue.getCompletedCount()).toBe(1);
    },
    90_000,
  );
});
