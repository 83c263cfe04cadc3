import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Queue } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open({ redis: { appendOnly: 'always' }, expectedErrors: ['CONNECTION'] });

/** Adds and processes jobs while something is done to Redis, then looks whether each was done. */
async function underLoad(
  fault: () => Promise<void>,
  { patienceMs = 30_000 } = {},
): Promise<{ added: number; reruns: number }> {
  const queue: Queue = lab.queue();
  await queue.waitUntilReady();
  const runs = new Map<string, number>();
  for (const concurrency of [10, 10]) {
    lab.worker(
      async (job) => {
        runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
        await sleep(Math.random() * 5);
        await job.updateProgress(50);
        if (job.data % 10 === 0 && job.attemptsMade === 0) throw new Error('once');
      },
      { concurrency, lockDuration: 60_000 },
    );
  }
  let isOver = false;
  let added = 0;
  const failed: unknown[] = [];
  const adding = (async () => {
    while (!isOver) {
      const first = added;
      added += 5;
      await Promise.all(
        Array.from({ length: 5 }, (_, n) =>
          queue
            .add('a', first + n, { jobId: `j${first + n}`, attempts: 3, ...(n === 1 ? { delay: 50 } : {}) })
            .catch((error: unknown) => failed.push(error)),
        ),
      );
      await sleep(2);
    }
  })();
  await fault();
  isOver = true;
  await adding;
  expect(failed).toEqual([]);
  await until(async () => (await queue.getCompletedCount()) === added, patienceMs);
  expect(await queue.getJobCounts('active', 'waiting', 'delayed', 'failed')).toEqual({
    active: 0,
    waiting: 0,
    delayed: 0,
    failed: 0,
  });
  let reruns = 0;
  for (const job of await queue.getCompleted()) {
    expect([job.id, job.stalledCounter]).toEqual([job.id, 0]);
    expect(job.attemptsMade).toBe(job.data % 10 === 0 ? 2 : 1);
    reruns += runs.get(job.id)! - job.attemptsMade;
  }
  return { added, reruns };
}

describe('under load, nothing is lost or done twice', () => {
  it('while Redis restarts', async () => {
    const { added, reruns } = await underLoad(async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(500);
        await lab.redis.restart();
      }
      await sleep(500);
    });
    expect(added).toBeGreaterThan(100);
    expect(reruns).toBe(0);
  }, 60_000);

  it('while Redis is killed', async () => {
    const { reruns } = await underLoad(async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(500);
        await lab.redis.kill();
        await sleep(200);
        await lab.redis.restart();
      }
      await sleep(500);
    });
    expect(reruns).toBe(0);
  }, 60_000);

  it('while every connection is killed, each 100 ms', async () => {
    const { added, reruns } = await underLoad(async () => {
      for (let i = 0; i < 50; i += 1) {
        await sleep(100);
        await lab.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      }
    });
    expect(added).toBeGreaterThan(100);
    expect(reruns).toBe(0);
  }, 60_000);

  it('while scripts are flushed, each 50 ms', async () => {
    const { reruns } = await underLoad(async () => {
      for (let i = 0; i < 60; i += 1) {
        await sleep(50);
        await lab.client.script('FLUSH');
      }
    });
    expect(reruns).toBe(0);
  }, 60_000);

  it('while Redis is a replica of a dead master', async () => {
    const { reruns } = await underLoad(async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(300);
        await lab.client.replicaof('127.0.0.1', 1);
        await sleep(700);
        await lab.client.replicaof('NO', 'ONE');
      }
      await sleep(500);
    });
    expect(reruns).toBe(0);
  }, 60_000);

  it('while Redis is busy with a script', async () => {
    await lab.client.config('SET', 'busy-reply-threshold', '50');
    const { reruns } = await underLoad(async () => {
      for (let i = 0; i < 3; i += 1) {
        await sleep(200);
        await lab.client.eval(
          "local t = redis.call('TIME') local stop = t[1] * 1000 + t[2] / 1000 + 400 repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > stop",
          0,
        );
      }
    });
    expect(reruns).toBe(0);
  }, 60_000);
});

describe('an idle worker', () => {
  it('takes up jobs within two seconds after Redis came back', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 1);
    const events = await lab.events();
    await worker.waitUntilReady();
    for (const outage of [
      () => lab.redis.restart(),
      () =>
        lab.redis
          .kill()
          .then(() => sleep(1500))
          .then(() => lab.redis.restart()),
    ]) {
      await sleep(200);
      await outage();
      const [completed, told] = [next(worker, 'completed'), next(events, 'completed')];
      const from = Date.now();
      await queue.add('a', 0);
      await completed;
      await told;
      expect(Date.now() - from).toBeLessThan(2500);
    }
  }, 30_000);
});
