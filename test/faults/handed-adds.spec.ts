import { describe, expect, it } from '@jest/globals';
import type { Queue } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open({
  redis: {},
  expectedErrors: ['CONNECTION', 'CALL_TIMEOUT', 'CONNECTION_CLOSED'],
});

/** A queue with an idle worker in the same process, which is given what the queue adds. */
async function withIdleWorker(queueOptions: object, workerOptions: object = {}) {
  const queue: Queue = lab.queue(queueOptions);
  const worker = lab.worker(async () => 1, workerOptions);
  const drained = next(worker, 'drained');
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  await drained;
  return { queue, worker };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('an add that an idle worker of the process is to bring along', () => {
  it('waits for a silent Redis as long as its own queue does, however impatient the worker is', async () => {
    const { queue } = await withIdleWorker({ callTimeout: 60_000 }, { callTimeout: 300 });
    await lab.redis.kill('SIGSTOP');
    const adding = queue.add('a', 0);
    await pause(1000);
    await lab.redis.kill('SIGCONT');
    await adding;
    await until(async () => (await queue.getCompletedCount()) === 1);
    expect(await queue.getJobCounts('waiting', 'failed')).toEqual({ waiting: 0, failed: 0 });
  }, 240_000);

  it.each([false, true])(
    'goes on when the worker is closed, whose call it went with (force: %s)',
    async (force) => {
      const { queue, worker } = await withIdleWorker({ callTimeout: 60_000 });
      await lab.redis.kill('SIGSTOP');
      const adding = Promise.all([1, 2].map((n) => queue.add('a', n)));
      await pause(20);
      await worker.close(force);
      await lab.redis.kill('SIGCONT');
      const [first, second] = await adding;
      expect(first!.id).not.toBe(second!.id);
      // What the call brought to the closed worker goes back.
      await until(async () => (await queue.getWaitingCount()) === 2);
      const other = lab.worker(async () => 2);
      await until(async () => (await queue.getCompletedCount()) === 2);
      await other.close();
    },
    240_000,
  );

  it('is made once where the connection breaks while the worker closes', async () => {
    const { queue, worker } = await withIdleWorker({ callTimeout: 60_000 });
    await lab.redis.kill('SIGSTOP');
    const adding = queue.add('a', 0);
    await pause(20);
    await worker.close();
    await pause(3500);
    await lab.redis.kill('SIGCONT');
    await adding;
    expect(await queue.getJobCountByTypes('waiting', 'active', 'completed')).toBe(1);
  }, 240_000);

  it('ends with its queue when that is closed, also after the worker', async () => {
    const { queue, worker } = await withIdleWorker({ callTimeout: 400 });
    await lab.redis.kill('SIGSTOP');
    const adding = queue.add('a', 0).catch((error: unknown) => error);
    await pause(20);
    await worker.close();
    await queue.close();
    expect(await adding).toMatchObject({ code: 'CALL_TIMEOUT', mayBeWritten: true });
    await lab.redis.kill('SIGCONT');
    expect(await lab.queue().getJobCountByTypes('waiting', 'active')).toBeLessThan(2);
  }, 240_000);
});
