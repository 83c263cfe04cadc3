import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { bodyText, ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();

/** A job that the worker holds; the fields go over the usual ones. */
const held = (id: string, fields: Record<string, string | number> = {}): SeedJob => ({
  id,
  state: 'active',
  fields,
});
const middle = (priority: number) => priority * 2 ** 32 + 2 ** 31;

describe('commit: complete', () => {
  it('finishes a job and tells its result', async () => {
    await lab.given({
      jobs: [held('1', { token: 'w:2', attemptsStarted: 2, attemptsMade: 1, progress: '9' }), held('2')],
    });

    const { words, before, after } = await runCommit(lab, [['complete', '1', 'w:2', '{"a":[]}', '']]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      active: (before.active as unknown[]).slice(1),
      completed: [['1', 3]],
      'job:1': {
        ...{ state: 'completed', token: 'w:2', attemptsStarted: '2', attemptsMade: '2', progress: '9' },
        ...{ processedOn: String(NOW - 1000), finishedOn: String(NOW), result: '{"a":[]}' },
      },
      events: [['completed', '1', '{"a":[]}']],
      'writer:a': '1\nok\n',
    });
  });

  it('keeps finished jobs in the order of the call', async () => {
    await lab.given({ jobs: [held('1'), held('2'), held('3')] });

    const { words, after } = await runCommit(lab, [
      ['complete', '3', 'w:1', '3', ''],
      ['complete', '1', 'w:1', '1', ''],
      ['complete', '2', 'w:1', '2', ''],
    ]);

    expect(words).toEqual(['ok', 'ok', 'ok']);
    expect(after.completed).toEqual([
      ['3', 4],
      ['1', 5],
      ['2', 6],
    ]);
    expect(after.active).toBeUndefined();
  });

  it('leaves a large result out of the event', async () => {
    await lab.given({ jobs: [held('1')] });
    const result = JSON.stringify('x'.repeat(70_000));

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', result, '']]);

    expect(after['job:1']).toMatchObject({ result });
    expect(after.events).toEqual([['completed', '1', ''], ['drained']]);
  });
});

describe('commit: fail', () => {
  it('finishes a job with its reason', async () => {
    await lab.given({ jobs: [held('1', { attemptsMade: 0 }), held('2')] });

    const { words, before, after } = await runCommit(lab, [['fail', '1', 'w:1', '"no"', '["at x"]', '', '']]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      active: (before.active as unknown[]).slice(1),
      failed: [['1', 3]],
      'job:1': {
        ...{ state: 'failed', token: 'w:1', attemptsStarted: '1', attemptsMade: '1' },
        ...{
          processedOn: String(NOW - 1000),
          finishedOn: String(NOW),
          failedReason: '"no"',
          stack: '["at x"]',
        },
      },
      events: [['failed', '1', '"no"']],
      'writer:a': '1\nok\n',
    });
  });

  it('tells when no tries are left', async () => {
    const fields = { token: 'w:3', attemptsStarted: 3, attemptsMade: 2 };
    await lab.given({ jobs: [held('1', fields), held('2')] });

    const { after } = await runCommit(lab, [['fail', '1', 'w:3', '"no"', '[]', '', '1']]);

    expect(after.events).toEqual([
      ['failed', '1', '"no"'],
      ['retries-exhausted', '1', '3'],
    ]);
  });
});

describe('commit: retry', () => {
  const failure = ['"no"', '["at x"]'] as const;
  const kept = { token: 'w:1', attemptsStarted: '1', attemptsMade: '1', processedOn: String(NOW - 1000) };
  const failed = { failedReason: '"no"', stack: '["at x"]' };

  it('puts the job at the back', async () => {
    await lab.given({ jobs: [{ id: '1' }, held('2')] });

    const { words, before, after } = await runCommit(lab, [['retry', '2', 'w:1', ...failure, '0', '']]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      waiting: ['1', '2'],
      active: undefined,
      'job:2': { state: 'waiting', ...kept, ...failed },
      wake: [['1', 0]],
      events: [['waiting', '2', 'active']],
      'writer:a': '1\nok\n',
    });
  });

  it('puts the job in front when asked', async () => {
    await lab.given({ jobs: [{ id: '1' }, held('2')] });

    const { after } = await runCommit(lab, [['retry', '2', 'w:1', ...failure, '0', '1']]);

    expect(after.waiting).toEqual(['2', '1']);
  });

  it('keeps a job in its class', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'prioritized', priority: 3 }, held('2', { priority: 3 })] });

    const { after } = await runCommit(lab, [['retry', '2', 'w:1', ...failure, '0', '']]);

    expect(after).toMatchObject({
      prioritized: [
        ['1', middle(3) + 1],
        ['2', middle(3) + 3],
      ],
      'job:2': { state: 'prioritized', priority: '3', attemptsMade: '1' },
    });
  });

  it('delays the job when asked', async () => {
    await lab.given({ jobs: [held('1')] });

    const { words, dueInMs, before, after } = await runCommit(lab, [
      ['retry', '1', 'w:1', ...failure, '500', ''],
    ]);

    expect(words).toEqual(['ok']);
    expect(dueInMs).toBe(500);
    expect(after).toEqual({
      ...before,
      meta: { id: '1', seq: '2' },
      active: undefined,
      delayed: [['1', NOW + 500 + 2 / 4096]],
      'job:1': { state: 'delayed', delay: '500', ...kept, ...failed },
      events: [['delayed', '1', String(NOW + 500)]],
      'writer:a': '1\nok\n',
    });
  });

  it('goes behind jobs that became due', async () => {
    await lab.given({ jobs: [held('1'), { id: '2', state: 'delayed', due: NOW }] });

    const { after } = await runCommit(lab, [['retry', '1', 'w:1', ...failure, '0', '']]);

    expect(after.waiting).toEqual(['2', '1']);
  });
});

describe('commit: postpone', () => {
  it('delays a job without counting an attempt', async () => {
    await lab.given({ jobs: [held('1')] });

    const { words, before, after } = await runCommit(lab, [['postpone', '1', 'w:1', '500']]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '1', seq: '2' },
      active: undefined,
      delayed: [['1', NOW + 500 + 2 / 4096]],
      'job:1': {
        ...{ state: 'delayed', token: 'w:1', attemptsStarted: '1' },
        ...{ delay: '500', processedOn: String(NOW - 1000) },
      },
      events: [['delayed', '1', String(NOW + 500)]],
      'writer:a': '1\nok\n',
    });
  });

  it('puts a job in front without a delay', async () => {
    await lab.given({ jobs: [{ id: '1' }, held('2')] });

    const { after } = await runCommit(lab, [['postpone', '2', 'w:1', '0']]);

    expect(after).toMatchObject({ waiting: ['2', '1'], events: [['waiting', '2', 'active']] });
    expect(after['job:2']).not.toHaveProperty('attemptsMade');
  });

  it('puts a job in front of its class', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'prioritized', priority: 3 }, held('2', { priority: 3 })] });

    const { after } = await runCommit(lab, [['postpone', '2', 'w:1', '0']]);

    expect(after.prioritized).toEqual([
      ['2', middle(3) - 1 - 3],
      ['1', middle(3) + 1],
    ]);
  });
});

describe('commit: refusals', () => {
  const outcomes = [
    ['complete', (id: string, token: string) => ['complete', id, token, '1', ''] as const],
    ['fail', (id: string, token: string) => ['fail', id, token, '"no"', '[]', '', '1'] as const],
    ['retry', (id: string, token: string) => ['retry', id, token, '"no"', '[]', '0', ''] as const],
    ['postpone', (id: string, token: string) => ['postpone', id, token, '10'] as const],
  ] as const;

  it.each(outcomes)('changes nothing where %s comes without the lock', async (_, write) => {
    await lab.given({
      jobs: [
        held('1', { token: 'w:2', attemptsStarted: 2 }),
        { id: '2' },
        { id: '3', state: 'completed' },
        { id: '4', fields: { state: 'waiting', token: 'w:1', attemptsStarted: 1 } },
      ],
    });

    const { words, before, after } = await runCommit(lab, [
      write('1', 'w:1'),
      write('1', 'other:2'),
      write('1', ''),
      write('2', 'w:1'),
      write('3', 'w:1'),
      write('4', 'w:1'),
      write('5', 'w:1'),
    ]);

    expect(words).toEqual(['stale', 'stale', 'stale', 'not-active', 'not-active', 'not-active', 'missing']);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${words.join('\t')}\n` });
  });

  it('refuses a second outcome of one run, and applies the others of the call', async () => {
    await lab.given({ jobs: [held('1'), held('2')] });

    const { words, after } = await runCommit(lab, [
      ['complete', '1', 'w:1', '1', ''],
      ['fail', '1', 'w:1', '"no"', '[]', '', ''],
      ['complete', '9', 'w:1', '1', ''],
      ['complete', '2', 'w:1', '2', ''],
    ]);

    expect(words).toEqual(['ok', 'not-active', 'missing', 'ok']);
    expect(after).toMatchObject({
      'job:1': { state: 'completed', result: '1' },
      'job:2': { state: 'completed', result: '2' },
    });
  });
});

describe('commit: drained', () => {
  it('is told once nothing is left to do', async () => {
    await lab.given({ jobs: [held('1')] });

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '']], { want: 1 });

    expect(after.events).toEqual([['completed', '1', '1'], ['drained']]);
  });

  it.each([
    ['another job is active', { jobs: [held('1'), held('2')] }, 1],
    ['a job is delayed', { jobs: [held('1'), { id: '2', state: 'delayed' } satisfies SeedJob] }, 1],
    ['a job waits', { jobs: [held('1'), { id: '2' }] }, 0],
    ['a job is started', { jobs: [held('1'), { id: '2' }] }, 1],
    ['the queue is paused', { paused: true, jobs: [held('1')] }, 1],
  ])('is not told while %s', async (_, seed, want) => {
    await lab.given(seed);

    const { after } = await runCommit(lab, [['complete', '1', 'w:1', '1', '']], { want });

    expect(after.events).not.toContainEqual(['drained']);
  });

  it('is not told by a call that finishes nothing', async () => {
    expect((await runCommit(lab, [], { want: 1 })).after.events).toBeUndefined();
  });
});

describe('commit: a call that is sent again', () => {
  it('gives the same answer and changes nothing', async () => {
    await lab.given({
      jobs: [held('1', { token: 'w:2', attemptsStarted: 2, attemptsMade: 1 }), { id: '2' }, { id: '3' }],
    });
    const writes = [
      ['complete', '1', 'w:2', '1', ''],
      ['complete', '9', 'w:1', '1', ''],
    ] as const;

    const first = await runCommit(lab, writes, { want: 1 });
    const again = await runCommit(lab, writes, { want: 1, now: NOW + 5000 });

    expect(again.words).toEqual(['ok', 'missing']);
    expect(again.after).toEqual(first.after);
    expect(again.jobs).toEqual([
      {
        id: '2',
        body: bodyText({}),
        token: 'w:1',
        fields: ['state', 'active', 'token', 'w:1', 'attemptsStarted', '0', 'processedOn', String(NOW)],
      },
    ]);
  });

  it('gives no job again that is no longer held', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }, { id: '3' }] });

    await runCommit(lab, [], { want: 3 });
    await runCommit(lab, [['complete', '1', 'w:1', '1', '0,,']], { writer: 'b' });
    await runCommit(lab, [['postpone', '2', 'w:1', '10']], { writer: 'b', seq: '2' });
    const again = await runCommit(lab, [], { want: 3 });

    expect(again.jobs.map(({ id }) => id)).toEqual(['3']);
  });

  it('is a new call under another number or writer', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }, { id: '3' }] });

    const ids = [
      ...(await runCommit(lab, [], { want: 1, seq: '1' })).jobs,
      ...(await runCommit(lab, [], { want: 1, seq: '2' })).jobs,
      ...(await runCommit(lab, [], { want: 1, seq: '2', writer: 'b' })).jobs,
    ].map(({ id }) => id);

    expect(ids).toEqual(['1', '2', '3']);
  });
});
