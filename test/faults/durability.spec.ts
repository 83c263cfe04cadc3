import type { EventEmitter } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FlowProducer, NotReplicatedError, Queue, Worker } from '../../lib/engine.js';
import { next, until } from '../support/engine-lab.js';
import { Failover } from '../support/failover.js';
import { randomPrefix } from '../support/queue-name.js';

describe('a queue that waits for replicas', () => {
  let redis: Failover;
  const parts: { close(): Promise<void> }[] = [];
  const open = <T extends { close(): Promise<void> }>(part: T): T => {
    (part as unknown as EventEmitter).on('error', () => {});
    parts.push(part);
    return part;
  };
  const prefix = randomPrefix();
  const durability = { replicas: 1, timeoutMs: 300 };
  const options = (name: string): object => ({
    connection: { url: redis.url, connectionName: name },
    prefix,
  });

  beforeAll(async () => {
    redis = await Failover.open();
  }, 30_000);
  afterEach(async () => void (await Promise.all(parts.splice(0).map((part) => part.close()))));
  afterAll(() => redis.close());

  it('has jobs and flows on a replica once their add resolves, also where a worker of the process is idle', async () => {
    const queue = open(new Queue('kept', { ...options('kept'), durability }));
    const flows = open(new FlowProducer({ ...options('kept'), durability }));
    const worker = open(new Worker('kept', async (job) => job.data, options('worker')));
    await worker.waitUntilReady();
    const done = next(worker, 'completed');
    const job = await queue.add('a', 1);
    const bulk = await queue.addBulk(
      Array.from({ length: 300 }, (_, data) => ({ name: 'b', data, opts: { delay: 60_000 } })),
    );
    const root = await flows.add({
      name: 'root',
      queueName: 'flows',
      children: [{ name: 'child', queueName: 'kept' }],
    });
    await done;
    await redis.promote();
    expect(await queue.getDelayedCount()).toBe(bulk.length);
    expect((await queue.getJob(job.id))!.returnvalue).toBe(1);
    expect((await flows.getFlow({ queueName: 'flows', id: root.job.id }))?.job.id).toBe(root.job.id);
    await redis.heal();
  }, 30_000);

  it('rejects an add that its replicas do not get, which is there all the same', async () => {
    const queue = open(new Queue('late', { ...options('late'), durability }));
    await queue.add('a', 1);
    redis.cutReplication();
    const error = await queue.add('b', 2, { jobId: 'b' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotReplicatedError);
    expect(error).toMatchObject({ code: 'NOT_REPLICATED', replicas: 1, reached: 0, mayBeWritten: true });
    expect((await queue.getJob('b'))!.data).toBe(2);
    // Without it nothing is waited for.
    await open(new Queue('soon', options('soon'))).add('c', 3);
    await redis.promote();
    await redis.heal();
    await until(async () => (await queue.getJob('b')) === undefined);
    expect((await queue.add('b', 2, { jobId: 'b' })).id).toBe('b');
  }, 30_000);

  it('refuses what is no number of replicas', () => {
    for (const wrong of [
      { replicas: 0, timeoutMs: 1 },
      { replicas: 1, timeoutMs: 0 },
      { replicas: 1 },
      1,
      { replicas: 1, timeoutMs: 1, more: 1 },
    ]) {
      expect(() => new Queue('wrong', { durability: wrong as never })).toThrow('durability');
      expect(() => new FlowProducer({ durability: wrong as never })).toThrow('durability');
    }
  });
});
