import { describe, expect, it } from '@jest/globals';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

const lab = EngineLab.open();

/** Connections that call themselves so. */
async function count(connectionName: string): Promise<number> {
  const list = (await lab.client.client('LIST')) as string;
  return list.split('\n').filter((line) => line.includes(` name=${connectionName} `)).length;
}

function named(connectionName: string) {
  const { hostname, port } = new URL(testRedisUrl());
  return { host: hostname, port: Number(port), connectionName };
}

describe('connections of a process', () => {
  it('are one for commands, one for waiting and one for events and notices, whatever the number of queues', async () => {
    const name = randomQueueName();
    const names = Array.from({ length: 12 }, randomQueueName);
    const queues = names.map((queue) => lab.queue({ connection: named(name) }, queue));
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));
    expect(await count(name)).toBe(1);
    const workers = names.flatMap((queue) => [
      lab.worker(async () => 1, { connection: named(name) }, queue),
      lab.worker(async () => 2, { connection: named(name) }, queue),
    ]);
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    await until(async () => (await count(name)) === 3);
    const events = await Promise.all(names.map((queue) => lab.events({ connection: named(name) }, queue)));
    const told = events.map((each) => next(each, 'completed'));
    await Promise.all(queues.map((queue) => queue.add('a', 0)));
    await Promise.all(told);
    expect(await count(name)).toBe(3);
    await Promise.all([...workers, ...events].map((each) => each.close()));
    expect(await count(name)).toBeGreaterThan(0);
    await Promise.all(queues.map((queue) => queue.close()));
    await until(async () => (await count(name)) === 0);
  });

  it('serve queues that are opened and closed over and over', async () => {
    const name = randomQueueName();
    const stays = lab.queue({ connection: named(name) });
    await stays.waitUntilReady();
    for (let i = 0; i < 20; i += 1) {
      const queueName = randomQueueName();
      const queue = lab.queue({ connection: named(name) }, queueName);
      const worker = lab.worker(async () => i, { connection: named(name) }, queueName);
      const completed = next(worker, 'completed');
      await queue.add('a', 0);
      await completed;
      await Promise.all([worker.close(), queue.close()]);
      expect(await count(name)).toBeLessThanOrEqual(3);
    }
  });

  it('wake a worker that begins to wait while another queue is waited for', async () => {
    const names = [randomQueueName(), randomQueueName()];
    const first = lab.worker(async () => 'first', {}, names[0]);
    await first.waitUntilReady();
    for (let i = 0; i < 10; i += 1) {
      const second = lab.worker(async () => 'second', {}, names[1]);
      await second.waitUntilReady();
      const [one, two] = [next(first, 'completed'), next(second, 'completed')];
      const from = Date.now();
      await lab.queue({}, names[0]).add('a', 0);
      await lab.queue({}, names[1]).add('a', 0);
      await Promise.all([one, two]);
      expect(Date.now() - from).toBeLessThan(1000);
      await second.close();
    }
  });
});
