import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { defineSteps, LockLostError } from '../../lib/engine.js';
import { EngineLab, Gate, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open({ redis: {}, expectedErrors: ['CONNECTION', 'LOCK_LOST'] });

const LOCK = { lockDuration: 400, skipStalledCheck: true };

/** Redis takes commands and answers none. */
const freeze = (): Promise<void> => lab.redis.kill('SIGSTOP');
const thaw = (): Promise<void> => lab.redis.kill('SIGCONT');

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('a lock that cannot be shown to be held', () => {
  it('is given up by its own time, whatever Redis does', async () => {
    const queue = lab.queue();
    const aborted = new Gate<{ reason: unknown; at: number }>();
    const ended = new Gate();
    const worker = lab.worker(async (_job, _token, signal) => {
      signal.addEventListener('abort', () => aborted.open({ reason: signal.reason, at: performance.now() }));
      await ended.passed;
      return 'went on';
    }, LOCK);
    const told = next(worker, 'lockRenewalFailed');
    const [{ id }] = await Promise.all([queue.add('a', 0), next(worker, 'active')]);
    await next(worker, 'locksRenewed');
    const from = performance.now();
    await freeze();
    const { reason, at } = await aborted.passed;
    expect(reason).toBeInstanceOf(LockLostError);
    // The last renewal that was confirmed was sent before.
    expect(at - from).toBeLessThan(400 + 150);
    expect(await told).toEqual([[id]]);
    await thaw();
    // Nobody else was given the job: what a processor that goes on comes to still counts.
    const completed = next(worker, 'completed');
    ended.open();
    expect((await completed)[1]).toBe('went on');
  });

  it('costs no attempt where the processor stops for it', async () => {
    const queue = lab.queue();
    let runs = 0;
    const worker = lab.worker(async (_job, _token, signal) => {
      runs += 1;
      return runs === 1 ? untilAborted(signal) : 'again';
    }, LOCK);
    const [{ id }] = await Promise.all([queue.add('a', 0), next(worker, 'active')]);
    const lost = next(worker, 'lockRenewalFailed');
    await freeze();
    await lost;
    const completed = next(worker, 'completed');
    await thaw();
    expect((await completed)[1]).toBe('again');
    expect(await queue.getJob(id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2, stalledCounter: 0 });
  });

  it('costs a step no attempt', async () => {
    const queue = lab.queue();
    let runs = 0;
    const processor = defineSteps({
      only: async (_job, { signal }) => {
        runs += 1;
        return runs === 1 ? untilAborted(signal) : 'again';
      },
    });
    const worker = lab.worker(processor, LOCK);
    const [{ id }] = await Promise.all([queue.add('a', 0), next(worker, 'active')]);
    await until(() => runs === 1);
    const lost = next(worker, 'lockRenewalFailed');
    await freeze();
    await lost;
    const completed = next(worker, 'completed');
    await thaw();
    expect((await completed)[1]).toBe('again');
    const [step] = await (await queue.getJob(id))!.getSteps();
    expect(step).toMatchObject({ name: 'only', status: 'completed' });
  });

  it('is given up where nobody renews it, unless it is extended by hand or a step is kept', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      async (job, token, signal) => {
        const from = performance.now();
        if (job.name === 'extended') await job.extendLock(token, 1000);
        await untilAborted(signal).catch(() => {});
        return performance.now() - from;
      },
      { ...LOCK, skipLockRenewal: true, concurrency: 2 },
    );
    const took: Record<string, number> = {};
    worker.on('completed', (job, result) => (took[job.name] = result));
    await queue.addBulk([
      { name: 'plain', data: 0 },
      { name: 'extended', data: 0 },
    ]);
    await until(() => Object.keys(took).length === 2);
    expect(took.extended).toBeGreaterThan(900);
    // Both were given up late where the machine was busy.
    expect(took.extended! - took.plain!).toBeGreaterThan(300);
  });

  it('is asked for before a job starts whose grant was long on its way', async () => {
    const queue = lab.queue();
    await queue.add('a', 0);
    await freeze();
    const active: string[] = [];
    const worker = lab.worker(async (_job, _token, signal) => signal.aborted, {
      ...LOCK,
      connection: lab.connection({ connectionName: 'late' }),
    });
    worker.on('active', ({ id }) => active.push(id));
    await sleep(LOCK.lockDuration + 100);
    const completed = next(worker, 'completed');
    await thaw();
    expect((await completed)[1]).toBe(false);
    expect(active).toHaveLength(1);
  });
});

describe('a Redis that was frozen for longer than locks last', () => {
  it('takes no job from holders that are alive', async () => {
    const queue = lab.queue();
    const gate = new Gate();
    const runs: string[] = [];
    const stalled: string[] = [];
    for (const name of ['one', 'other']) {
      const worker = lab.worker(
        async ({ id }) => {
          runs.push(id);
          await gate.passed;
        },
        {
          ...{ connection: lab.connection({ connectionName: name }), concurrency: 5 },
          ...{ lockDuration: 600, stalledInterval: 100, maxStalledCount: 0 },
        },
      );
      worker.on('stalled', (id) => stalled.push(id));
    }
    await queue.addBulk(Array.from({ length: 10 }, () => ({ name: 'a', data: 0 })));
    await until(() => runs.length === 10);
    await until(async () => (await lab.client.hexists(lab.keys.of('meta'), 'heard')) === 1);
    await freeze();
    await sleep(1300);
    await thaw();
    // Longer than any lock that was not renewed again.
    await sleep(700);
    gate.open();
    await until(async () => (await queue.getCompletedCount()) === 10);
    expect([runs.length, stalled]).toEqual([10, []]);
  });
});
