import { describe, expect, it } from '@jest/globals';
import { EngineLab, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open({
  redis: { appendOnly: 'always' },
  expectedErrors: ['CONNECTION', 'CONNECTION_CLOSED', 'REDIS_REPLY'],
});

async function took(call: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await call();
  return performance.now() - from;
}

describe('closing while Redis does not answer', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'returns by the deadline and a second (%s)',
    async (signal) => {
      const queue = lab.queue();
      const signals: AbortSignal[] = [];
      const worker = lab.worker(
        async (_job, _token, given) => {
          signals.push(given);
          await new Promise(() => {});
        },
        { concurrency: 3 },
      );
      const events = await lab.events();
      await queue.addBulk(Array.from({ length: 3 }, () => ({ name: 'a', data: 0 })));
      await until(() => signals.length === 3);
      await lab.redis.kill(signal);
      try {
        expect(await took(() => worker.close({ timeoutMs: 500 }))).toBeLessThan(4500);
        expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
        expect(await took(() => events.close())).toBeLessThan(4500);
      } finally {
        if (signal === 'SIGKILL') await lab.redis.restart();
        else await lab.redis.kill('SIGCONT');
      }
      await queue.close();
      // What could not be handed back comes back when its lock expires.
      const again = lab.queue();
      expect(await again.getJobCountByTypes('active', 'waiting')).toBe(3);
      await again.obliterate({ force: true });
    },
    240_000,
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'a queue and idle workers close too (%s)',
    async (signal) => {
      const queue = lab.queue();
      const worker = lab.worker(async () => 1);
      await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
      await lab.redis.kill(signal);
      const adding = queue.add('a', 0).catch((error: unknown) => error);
      try {
        expect(await took(() => worker.close())).toBeLessThan(9000);
        expect(await took(() => queue.close())).toBeLessThan(20_000);
        // Whichever comes first: its deadline, or the end of what close() waits.
        expect(['CONNECTION_CLOSED', 'CALL_TIMEOUT']).toContain(((await adding) as { code: string }).code);
      } finally {
        if (signal === 'SIGKILL') await lab.redis.restart();
        else await lab.redis.kill('SIGCONT');
      }
    },
    240_000,
  );

  it('hands jobs back at once when Redis answers', async () => {
    const queue = lab.queue();
    const worker = lab.worker(() => new Promise<void>(() => {}), { concurrency: 50, lockDuration: 60_000 });
    await queue.addBulk(Array.from({ length: 50 }, () => ({ name: 'a', data: 0 })));
    await until(async () => (await queue.getActiveCount()) === 50);
    expect(await took(() => worker.close({ timeoutMs: 100 }))).toBeLessThan(4500);
    expect(await queue.getWaitingCount()).toBe(50);
    const other = lab.worker(async () => 1, { concurrency: 50 });
    await next(other, 'drained');
    await until(async () => (await queue.getCompletedCount()) === 50);
  });
});
