import { describe, expect, it } from '@jest/globals';
import { retryJobs } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 1000;

const retry = (state: string, count = 1000, before = 0) => lab.run(retryJobs, [NOW, state, count, before]);
const failed = (id: string, finishedOn = SEED_TIME) => ({
  id,
  state: 'failed' as const,
  fields: { finishedOn },
});

describe('retry-jobs', () => {
  it('puts failed jobs at the back of where their priority has them wait, the first failed first', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        {
          id: '2',
          state: 'failed',
          priority: 1,
          fields: { token: 'w:2', attemptsStarted: 2, attemptsMade: 2 },
        },
        { id: '3', state: 'completed' },
        failed('4'),
      ],
    });

    const { reply, before, after } = await retry('failed');

    expect(reply).toEqual([2, NOW]);
    expect(after).toEqual({
      ...before,
      waiting: ['1', '4'],
      prioritized: [['2', 2 ** 32 + 2 ** 31 + 5]],
      failed: undefined,
      meta: { ...(before.meta as object), seq: '5' },
      'job:2': { state: 'prioritized', priority: '1', token: 'w:2', attemptsStarted: '2', attemptsMade: '2' },
      'job:4': { state: 'waiting', token: 'w:1', attemptsStarted: '1', attemptsMade: '1' },
      wake: [['1', 0]],
      events: [
        ['waiting', '2', 'failed'],
        ['waiting', '4', 'failed'],
      ],
    });
  });

  it.each([
    ['failed', { step: 'pay', 'step:pay': `1,1,f,1,${SEED_TIME},${SEED_TIME}\t"no"` }, 'pay'],
    ['completed', { step: 'end:pay', 'step:pay': `1,1,c,1,${SEED_TIME},${SEED_TIME}` }, undefined],
  ] as const)('leaves the cursor of %s jobs as a retry of one does', async (state, fields, cursor) => {
    await lab.given({ jobs: [{ id: '1', state, fields }] });

    const { after } = await retry(state);

    expect((after['job:1'] as Record<string, string>).step).toBe(cursor);
  });

  it('retries completed jobs as well', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'completed' }, failed('2')] });

    const { reply, before, after } = await retry('completed');

    expect(reply).toEqual([1, NOW]);
    expect(after).toEqual({
      ...before,
      waiting: ['1'],
      completed: undefined,
      'job:1': { state: 'waiting', token: 'w:1', attemptsStarted: '1', attemptsMade: '1' },
      wake: [['1', 0]],
      events: [['waiting', '1', 'completed']],
    });
  });

  it('leaves alone what finished later', async () => {
    await lab.given({
      jobs: [failed('1', SEED_TIME), failed('2', SEED_TIME + 1), failed('3', SEED_TIME + 2)],
    });

    const { reply, after } = await retry('failed', 1000, SEED_TIME + 1);

    expect(reply).toEqual([2, SEED_TIME + 1]);
    expect(after).toMatchObject({ waiting: ['1', '2'], failed: [['3', 3]] });
  });

  it('moves no more than asked for, and goes on with the next call', async () => {
    await lab.given({ jobs: [failed('1'), failed('2'), failed('3')] });

    expect((await retry('failed', 2)).after).toMatchObject({ waiting: ['1', '2'], failed: [['3', 3]] });
    expect((await retry('failed', 2)).reply).toEqual([1, NOW]);
    expect((await retry('failed', 2)).reply).toEqual([0, NOW]);
  });

  it('moves 500 jobs a call at most', async () => {
    await lab.given({ jobs: Array.from({ length: 501 }, (_, i) => failed(String(i + 1))) });

    const { reply, after } = await retry('failed', 5000);

    expect(reply).toEqual([500, NOW]);
    expect(after.failed).toEqual([['501', 501]]);
  });

  it('changes nothing when there is nothing to retry', async () => {
    await lab.given({ jobs: [{ id: '1' }, failed('2')] });

    for (const { reply, before, after } of [await retry('completed'), await retry('failed', 0)]) {
      expect(reply).toEqual([0, NOW]);
      expect(after).toEqual(before);
    }
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [failed('1')] });

    expect((await retry('failed')).after.wake).toBeUndefined();
  });
});
