import { describe, expect, it } from '@jest/globals';
import { defineSteps, InvalidOptionError, type Job, waitForSignal } from '../../lib/engine.js';
import { EngineLab, Gate, next, until } from '../support/engine-lab.js';

const lab = EngineLab.open();

/** A job that asks, waits, and completes with what it was told. */
const asking = (timeout?: number, runs: string[] = []) =>
  defineSteps({
    ask: () => {
      runs.push('ask');
      return waitForSignal('approved', timeout === undefined ? {} : { timeout });
    },
    act: (_job, ctx) => ctx.result('ask'),
  });

const waiting = (job: Job) => until(async () => (await job.getSteps())[0]?.status === 'awaiting');

describe('a step that waits for a signal', () => {
  it('goes on with its payload, without a slot until then', async () => {
    const queue = lab.queue();
    const runs: string[] = [];
    const worker = lab.worker(asking(undefined, runs));
    const job = await queue.add('a', 0);
    await waiting(job);
    expect([await job.getState(), await queue.getActiveCount()]).toEqual(['delayed', 0]);
    const completed = next(worker, 'completed');
    expect(await queue.signal(job.id, 'approved', { by: 'ada' })).toBe(true);
    expect((await completed)[1]).toEqual({ timedOut: false, signal: { by: 'ada' } });
    expect(runs).toEqual(['ask']);
    expect(await job.getSteps()).toMatchObject([
      { name: 'ask', status: 'completed', result: { timedOut: false, signal: { by: 'ada' } } },
      { name: 'act', status: 'completed' },
    ]);
    expect(await queue.getJob(job.id)).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
  });

  it('takes one that came before it waited, and goes on in the same run', async () => {
    const queue = lab.queue();
    const job = await queue.add('a', 0);
    await job.signal('approved', 'early');
    const worker = lab.worker(asking());
    expect((await next(worker, 'completed'))[1]).toEqual({ timedOut: false, signal: 'early' });
    expect(await queue.getJob(job.id)).toMatchObject({ attemptsStarted: 1 });
  });

  it('goes on without one when its time is over', async () => {
    const queue = lab.queue();
    const worker = lab.worker(asking(40));
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    expect((await completed)[1]).toEqual({ timedOut: true });
    expect((await job.getSteps())[0]).toMatchObject({ status: 'completed', result: { timedOut: true } });
  });

  it('waits on when somebody starts the job early', async () => {
    const queue = lab.queue();
    const worker = lab.worker(asking(60_000));
    const events = await lab.events();
    const job = await queue.add('a', 0);
    await waiting(job);
    const delayed = next(events, 'delayed');
    await job.promote();
    await delayed;
    expect((await job.getSteps())[0]).toMatchObject({ status: 'awaiting' });
    const completed = next(worker, 'completed');
    await job.signal('approved');
    expect((await completed)[1]).toEqual({ timedOut: false, signal: null });
  });

  it('may be the last one', async () => {
    const queue = lab.queue();
    const worker = lab.worker(defineSteps({ only: () => waitForSignal('go') }));
    const job = await queue.add('a', 0);
    await waiting(job);
    const completed = next(worker, 'completed');
    await job.signal('go', 1);
    expect((await completed)[1]).toEqual({ timedOut: false, signal: 1 });
    expect((await queue.getJob(job.id))!.returnvalue).toEqual({ timedOut: false, signal: 1 });
  });

  it('takes each signal once, and a copy of it never', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        first: () => waitForSignal('go'),
        second: () => waitForSignal('go', { timeout: 50 }),
        last: (_job, ctx) => [ctx.result('first'), ctx.result('second')],
      }),
    );
    const job = await queue.add('a', 0);
    expect(await job.signal('go', 1, { key: 'k' })).toBe(true);
    expect(await job.signal('go', 1, { key: 'k' })).toBe(false);
    const completed = next(worker, 'completed');
    await until(async () => (await job.getSteps())[0]?.status === 'completed');
    expect(await job.signal('go', 1, { key: 'k' })).toBe(false);
    expect((await completed)[1]).toEqual([{ timedOut: false, signal: 1 }, { timedOut: true }]);
  });

  it('goes on at a step of its choice', async () => {
    const queue = lab.queue();
    const worker = lab.worker(
      defineSteps({
        // oxlint-disable-next-line unicorn/no-thenable -- a name, and no function
        ask: () => waitForSignal('go', { then: 'last' }),
        never: () => 'never',
        last: () => 'last',
      }),
    );
    const job = await queue.add('a', 0);
    await waiting(job);
    const completed = next(worker, 'completed');
    await job.signal('go');
    expect((await completed)[1]).toBe('last');
    expect((await job.getSteps()).map(({ name }) => name)).toEqual(['ask', 'last']);
  });
});

describe('queue.signal', () => {
  it('says for which jobs it is too late', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async () => 1);
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    await completed;
    await expect(queue.signal(job.id, 'go')).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await expect(queue.signal('nobody', 'go')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('refuses names, keys and payloads that cannot be kept', async () => {
    const queue = lab.queue();
    const refused = [
      () => queue.signal('1', ''),
      () => queue.signal('1', 'a\tb'),
      () => queue.signal('1', 'a', 1, { key: '' }),
      () => queue.signal('1', 'a', 'x'.repeat(1024 * 1024)),
    ];
    for (const call of refused) {
      await expect(call()).rejects.toThrow(InvalidOptionError);
    }
    await expect(queue.signal('1', 'a', 1n)).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
  });

  it('is kept for a job whose worker is about to wait', async () => {
    const queue = lab.queue();
    const [began, gate] = [new Gate(), new Gate()];
    const worker = lab.worker(
      defineSteps({
        ask: async () => {
          began.open();
          await gate.passed;
          return waitForSignal('go');
        },
      }),
    );
    const completed = next(worker, 'completed');
    const job = await queue.add('a', 0);
    await began.passed;
    await job.signal('go', 'meanwhile');
    gate.open();
    expect((await completed)[1]).toEqual({ timedOut: false, signal: 'meanwhile' });
  });
});
