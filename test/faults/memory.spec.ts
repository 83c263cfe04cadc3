import { describe, expect, it } from '@jest/globals';
import { EngineLab, Gate, until } from '../support/engine-lab.js';

const lab = EngineLab.open({ redis: { maxMemory: '64mb' } });

/** Bytes in use, and so many more. */
async function usedMemory(more: number): Promise<number> {
  const info = await lab.client.info('memory');
  return Number(/used_memory:(\d+)/.exec(info)![1]) + more;
}

describe('a Redis without memory', () => {
  it('refuses adds with a typed error, lets running jobs end and drains', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    let runs = 0;
    const worker = lab.worker(
      async (job) => {
        runs += 1;
        await gate.passed;
        if (job.data.n === 1 && job.attemptsMade === 0) throw new Error('once');
        return 'done';
      },
      { concurrency: 5, lockDuration: 1000, stalledInterval: 200, removeOnComplete: true },
    );
    await queue.addBulk(
      Array.from({ length: 5 }, (_, n) => ({ name: 'a', data: { n }, opts: { attempts: 2 } })),
    );
    await until(() => runs === 5);
    let added = 5;
    let refusal: unknown;
    while (refusal === undefined) {
      await queue.add('fill', { n: 9, text: 'x'.repeat(100_000) }).then(
        () => (added += 1),
        (error: unknown) => (refusal = error),
      );
    }
    expect(refusal).toMatchObject({
      name: 'RedisOutOfMemoryError',
      code: 'REDIS_OUT_OF_MEMORY',
    });
    expect((refusal as Error).message).not.toContain('xxx');
    // From here on every byte is one too many, until jobs have been removed.
    await lab.client.config('SET', 'maxmemory', String(await usedMemory(-1_000_000)));
    await expect(queue.add('a', { n: 9 })).rejects.toMatchObject({ code: 'REDIS_OUT_OF_MEMORY' });
    // Locks are renewed meanwhile: nothing stalls.
    let stalled = 0;
    worker.on('stalled', () => (stalled += 1));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(stalled).toBe(0);
    gate.open();
    await until(async () => (await queue.getJobCountByTypes('waiting', 'active')) === 0, 20_000);
    expect(runs).toBe(added + 1);
    await queue.add('again', { n: 9 });
  }, 240_000);
});
