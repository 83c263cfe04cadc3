import { describe, expect, it } from '@jest/globals';
import { retryJob } from '../../lib/redis/scripts.generated.js';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME } from '../support/script-lab.js';

const lab = ScriptLab.open();

interface Options {
  expected?: string;
  front?: number;
  resetMade?: number;
  resetStarted?: number;
  seq?: string;
}

const COUNTS = { attemptsStarted: '1', attemptsMade: '1' };

const retry = (
  id: string,
  { expected = 'failed', front = 0, resetMade = 0, resetStarted = 0, seq = '1' }: Options = {},
) => lab.run(retryJob, [NOW, 'a', seq, id, expected, front, resetMade, resetStarted]);

describe('retry-job', () => {
  it('puts a failed job at the back and forgets how its last run ended', async () => {
    const fields = {
      token: 'w:3',
      attemptsStarted: 3,
      attemptsMade: 2,
      stalls: 1,
      progress: '50',
      processedBy: 'me',
    };
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'failed', fields, logs: ['x'] }] });

    const { reply, before, after } = await retry('2');

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      waiting: ['1', '2'],
      failed: undefined,
      'job:2': {
        ...{ state: 'waiting', token: 'w:3', attemptsStarted: '3', attemptsMade: '2' },
        ...{ progress: '50', processedBy: 'me' },
      },
      wake: [['1', 0]],
      events: [['waiting', '2', 'failed']],
      'writer:a': '1\nok',
    });
  });

  it('lets a failed job go on at its step, and a completed one start anew', async () => {
    const ran = `${SEED_TIME},${SEED_TIME}`;
    const failed = { step: 'pay', 'step:pay': `1,1,f,1,${ran}\t"no"`, 'signal:go': 'k\t1' };
    const completed = { step: 'end:pay', 'step:pay': `1,1,c,1,${ran}` };
    await lab.given({
      jobs: [
        { id: '1', state: 'failed', fields: failed },
        { id: '2', state: 'completed', fields: completed },
      ],
    });

    await retry('1');
    const { after } = await retry('2', { expected: 'completed', seq: '2' });

    expect(after['job:1']).toEqual({ ...failed, state: 'waiting', token: 'w:1', ...COUNTS });
    expect(after['job:2']).toEqual({
      ...{ 'step:pay': completed['step:pay'], state: 'waiting', token: 'w:1', ...COUNTS },
    });
  });

  it('puts a job in front when asked', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'completed' }] });

    const { reply, before, after } = await retry('2', { expected: 'completed', front: 1 });

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      waiting: ['2', '1'],
      completed: undefined,
      'job:2': { state: 'waiting', token: 'w:1', attemptsStarted: '1', attemptsMade: '1' },
      wake: [['1', 0]],
      events: [['waiting', '2', 'completed']],
      'writer:a': '1\nok',
    });
  });

  it.each([0, 1])('leaves a job its priority, with front %i', async (front) => {
    await lab.given({
      jobs: [
        { id: '1', state: 'prioritized', priority: 5 },
        { id: '2', state: 'completed', priority: 5 },
      ],
    });

    const { after } = await retry('2', { expected: 'completed', front });

    expect(after['job:2']).toMatchObject({ state: 'prioritized', priority: '5' });
    expect((after.prioritized as [string, number][]).map(([id]) => id)).toEqual(
      front ? ['2', '1'] : ['1', '2'],
    );
  });

  it('never grants an old token again, even where the attempts are counted anew', async () => {
    const fields = { token: 'w:4', attemptsStarted: 4, attemptsMade: 3 };
    await lab.given({ jobs: [{ id: '1', state: 'failed', fields }] });

    const { after } = await retry('1', { resetMade: 1, resetStarted: 1 });
    expect(after['job:1']).toEqual({ state: 'waiting', token: 'w:4' });

    const started = await runCommit(lab, [], { writer: 'b', want: 1 });
    expect(started.after['job:1']).toEqual({
      ...{ state: 'active', token: 'w:5', attemptsStarted: '1', processedOn: String(NOW) },
    });
  });

  it('sets back one counter alone', async () => {
    const fields = { token: 'w:4', attemptsStarted: 4, attemptsMade: 3 };
    await lab.given({ jobs: ['1', '2'].map((id) => ({ id, state: 'failed' as const, fields })) });

    await retry('1', { resetMade: 1 });
    const { after } = await retry('2', { resetStarted: 1, seq: '2' });

    expect(after['job:1']).toEqual({ state: 'waiting', token: 'w:4', attemptsStarted: '4' });
    expect(after['job:2']).toEqual({ state: 'waiting', token: 'w:4', attemptsMade: '3' });
  });

  it('refuses a job in another state than expected', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'active' },
        { id: '3', state: 'completed' },
        { id: '4', state: 'failed' },
        { id: '5', state: 'delayed' },
      ],
    });

    for (const [i, id] of ['1', '2', '3', '5'].entries()) {
      const { reply, before, after } = await retry(id, { seq: String(i) });
      expect(reply).toBe('not-failed');
      expect(after).toEqual({ ...before, 'writer:a': `${i}\nnot-failed` });
    }
    expect((await retry('4', { expected: 'completed', seq: '9' })).reply).toBe('not-completed');
  });

  it('only ever retries finished jobs', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });

    const before = await lab.dump();
    await expect(retry('1', { expected: 'active' })).rejects.toThrow('only finished jobs can be retried');
    expect(await lab.dump()).toEqual(before);
  });

  it('says that a job is missing', async () => {
    expect((await retry('1')).reply).toBe('missing');
  });

  it('retries once, however often the call comes', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'failed' }] });

    const first = await retry('1');
    const again = await retry('1');

    expect(again.reply).toBe('ok');
    expect(again.after).toEqual(first.after);
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1', state: 'failed' }] });

    expect((await retry('1')).after.wake).toBeUndefined();
  });
});
