import { describe, expect, it } from '@jest/globals';
import type { JobWrite, RunExit } from '../../lib/job/job-write.js';
import { COMMIT_TIME as NOW, LOCK_MS, runCommit } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME as THEN, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();

/** A job that the worker holds; the fields go over the usual ones. */
/** Older than a tenth of the time that locks last. */
const OLD_LOCK = THEN + 20_000;

const held = (fields: Record<string, string | number> = {}, id = '1'): SeedJob => ({
  id,
  state: 'active',
  fields,
  lockUntil: OLD_LOCK,
});

/** A job whose first step runs. */
const reserving = { step: 'reserve', 'step:reserve': `1,1,r,1,${THEN},` };

interface Step {
  name?: string;
  head?: string;
  value?: string;
  next?: string;
  nextHead?: string;
}

function step(
  { name = 'reserve', head = '1,1,c,1', value = '{"ok":[]}', next = '', nextHead = '' }: Step,
  ...way: RunExit
): JobWrite {
  return ['step', '1', 'w:1', name, head, value, next, nextHead, way];
}

const fieldsOf = (dump: object): Record<string, string> => (dump as Record<string, any>)['job:1'];

describe('commit: begin-step', () => {
  it('puts the cursor on the first step and tells', async () => {
    await lab.given({ jobs: [held()] });

    const { words, before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '1,1,r,1', '', ''],
    ]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      'job:1': { ...fieldsOf(before), step: 'reserve', 'step:reserve': `1,1,r,1,${NOW},` },
      events: [['step-started', '1', 'reserve', '1']],
      'writer:a': '1\nok\n',
    });
  });

  it('starts a step again, and keeps what its last run emitted', async () => {
    await lab.given({
      jobs: [held({ ...reserving, 'step:reserve': `1,1,w,1,${THEN},\t"no"`, 'last:reserve': '7' })],
    });

    const { words, before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '1,1,r,2', 'reserve', ''],
    ]);

    expect(words).toEqual(['ok']);
    expect(fieldsOf(after)).toEqual({ ...fieldsOf(before), 'step:reserve': `1,1,r,2,${NOW},` });
    expect(after.events).toEqual([['step-started', '1', 'reserve', '2']]);
  });

  it('gives an entry its new name', async () => {
    await lab.given({ jobs: [held({ step: 'old', 'step:old': `1,1,w,1,${THEN},\t"no"` })] });

    const { after } = await runCommit(lab, [['begin-step', '1', 'w:1', 'reserve', '1,1,r,2', 'old', '']]);

    expect(fieldsOf(after)).toMatchObject({ step: 'reserve', 'step:reserve': `1,1,r,2,${NOW},` });
    expect(fieldsOf(after)).not.toHaveProperty('step:old');
  });

  it('gives what an unfinished step emitted, and came to on an earlier visit, its new name', async () => {
    const old = { step: 'old', 'step:old': `1,2,r,1,${THEN},`, 'value:old': 'v1', 'last:old': '7' };
    await lab.given({ jobs: [held(old)] });

    const { before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '1,2,r,1', 'old', ''],
    ]);

    expect(fieldsOf(after)).toEqual({
      ...Object.fromEntries(Object.entries(fieldsOf(before)).filter(([field]) => !(field in old))),
      step: 'reserve',
      'step:reserve': `1,2,r,1,${NOW},`,
      'value:reserve': 'v1',
      'last:reserve': '7',
    });
  });

  it('leaves what has completed under its old name, where it is visited again under a new one', async () => {
    const done = { 'step:old': `1,1,c,1,${THEN},${THEN}`, 'value:old': 'v1' };
    await lab.given({ jobs: [held({ step: 'old', ...done })] });

    const { before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '2,2,r,1', 'old', ''],
    ]);

    expect(fieldsOf(after)).toEqual({
      ...fieldsOf(before),
      step: 'reserve',
      'step:reserve': `2,2,r,1,${NOW},`,
    });
  });

  it('does nothing once the cursor has gone on', async () => {
    await lab.given({
      jobs: [held({ step: 'charge', 'step:reserve': `1,1,c,1,${THEN},${THEN}`, 'value:reserve': 'v1' })],
    });

    const { words, before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '1,1,r,1', '', ''],
    ]);

    expect(words).toEqual(['unchanged']);
    expect(after).toEqual({ ...before, 'writer:a': '1\nunchanged\n' });
  });

  it('forgets an earlier life of the job, but no signal', async () => {
    const rest = { 'signal:go': 'k\t1', progress: '5' };
    const earlier = {
      ...{ 'step:reserve': `1,1,c,1,${THEN},${THEN}`, 'value:reserve': 'v1', failure: '{}' },
      ...{ 'step:charge': `2,2,f,1,${THEN},${THEN}\t"no"`, step: 'undone:' },
    };
    await lab.given({ jobs: [held({ ...earlier, ...rest })] });

    const { before, after } = await runCommit(lab, [
      ['begin-step', '1', 'w:1', 'reserve', '3,3,r,1', 'undone:', '1'],
    ]);

    expect(fieldsOf(after)).toEqual({
      ...Object.fromEntries(Object.entries(fieldsOf(before)).filter(([field]) => !(field in earlier))),
      step: 'reserve',
      'step:reserve': `3,3,r,1,${NOW},`,
    });
  });
});

describe('commit: step', () => {
  it('keeps a result and starts the next step under a lock that begins anew', async () => {
    await lab.given({ jobs: [held(reserving), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [step({ next: 'charge', nextHead: '2,2,r,1' })]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      active: [
        ['2', OLD_LOCK],
        ['1', NOW + LOCK_MS],
      ],
      'job:1': {
        ...fieldsOf(before),
        ...{ step: 'charge', 'step:reserve': `1,1,c,1,${THEN},${NOW}`, 'value:reserve': 'v{"ok":[]}' },
        'step:charge': `2,2,r,1,${NOW},`,
      },
      events: [
        ['step-completed', '1', 'reserve', '1', '{"ok":[]}'],
        ['step-started', '1', 'charge', '1'],
      ],
      'writer:a': '1\nok\n',
    });
  });

  it.each([
    ['the next step', step({ next: 'charge', nextHead: '2,2,r,1' })],
    ['a sleep', step({ next: 'charge' }, 'postpone', '500')],
    ['its turn', step({ next: 'charge' }, 'postpone', '0')],
  ])('counts stalls anew, as the job got on: %s', async (_what, write) => {
    await lab.given({ jobs: [held({ ...reserving, stalls: 1 })] });

    expect(fieldsOf((await runCommit(lab, [write])).after)).not.toHaveProperty('stalls');
  });

  it.each([
    ['fails', step({ head: '1,1,f,1', value: '"no"', next: 'reserve' }, 'fail', '"no"', '[]', '', '')],
    [
      'is tried again',
      step({ head: '1,1,w,1', value: '"no"', next: 'reserve' }, 'retry', '"no"', '[]', '9', ''),
    ],
    ['completes the job', step({ next: 'end:reserve' }, 'complete', '1', '')],
  ])('tells how often the job stalled where its step %s', async (_what, write) => {
    await lab.given({ jobs: [held({ ...reserving, stalls: 1 })] });

    expect(fieldsOf((await runCommit(lab, [write])).after)).toMatchObject({ stalls: '1' });
  });

  it('leaves a lock alone that is as good as new', async () => {
    await lab.given({ jobs: [{ ...held(reserving), lockUntil: NOW + 0.9 * LOCK_MS }] });

    const { words, before, after } = await runCommit(lab, [step({ next: 'charge', nextHead: '2,2,r,1' })]);

    expect(words).toEqual(['ok']);
    expect(after.active).toEqual(before.active);
  });

  it('drops the emissions of the step, and leaves a large result out of the event', async () => {
    await lab.given({ jobs: [held({ ...reserving, 'last:reserve': '7' })] });
    const value = JSON.stringify('x'.repeat(70_000));

    const { after } = await runCommit(lab, [step({ value, next: 'charge', nextHead: '2,2,r,1' })]);

    expect(fieldsOf(after)).not.toHaveProperty('last:reserve');
    expect(fieldsOf(after)['value:reserve']).toBe(`v${value}`);
    expect((after.events as string[][])[0]).toEqual(['step-completed', '1', 'reserve', '1', '']);
  });

  it('does without a start that was never written', async () => {
    await lab.given({ jobs: [held()] });

    const { after } = await runCommit(lab, [step({ next: 'charge', nextHead: '2,2,r,1' })]);

    expect(fieldsOf(after)['step:reserve']).toBe(`1,1,c,1,${NOW},${NOW}`);
  });

  it('completes the job, whose result is that of the step', async () => {
    await lab.given({ jobs: [held(reserving), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [
      step({ value: '', next: 'end:reserve' }, 'complete', '[1]', ''),
    ]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      active: [['2', OLD_LOCK]],
      completed: [['1', 3]],
      'job:1': {
        ...fieldsOf(before),
        ...{ state: 'completed', attemptsMade: '1', finishedOn: String(NOW), result: '[1]' },
        ...{ step: 'end:reserve', 'step:reserve': `1,1,c,1,${THEN},${NOW}` },
      },
      events: [
        ['step-completed', '1', 'reserve', '1', '[1]'],
        ['completed', '1', '[1]'],
      ],
      'writer:a': '1\nok\n',
    });
  });

  it('completes a job that is not kept without leaving anything', async () => {
    await lab.given({ jobs: [held(reserving)] });

    const { after } = await runCommit(lab, [
      step({ value: '', next: 'end:reserve' }, 'complete', '[1]', '0,,'),
    ]);

    expect(Object.keys(after).sort()).toEqual(['events', 'meta', 'writer:a']);
  });

  it('lets a job sleep: the next step starts when it is due', async () => {
    await lab.given({ jobs: [held(reserving), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [step({ next: 'charge' }, 'postpone', '600000')]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      active: [['2', OLD_LOCK]],
      delayed: [['1', expect.closeTo(NOW + 600_000, 0)]],
      'job:1': {
        ...fieldsOf(before),
        ...{ state: 'delayed', delay: '600000', step: 'charge' },
        ...{ 'step:reserve': `1,1,c,1,${THEN},${NOW}`, 'value:reserve': 'v{"ok":[]}' },
      },
      events: [
        ['step-completed', '1', 'reserve', '1', '{"ok":[]}'],
        ['delayed', '1', String(NOW + 600_000)],
      ],
      'writer:a': '1\nok\n',
    });
  });

  it('tries a step again after a pause', async () => {
    await lab.given({ jobs: [held(reserving), held({}, '2')] });

    const { before, after } = await runCommit(lab, [
      step({ head: '1,1,w,1', value: '"no"', next: 'reserve' }, 'retry', '"no"', '["at x"]', '500', ''),
    ]);

    expect(fieldsOf(after)).toEqual({
      ...fieldsOf(before),
      ...{ state: 'delayed', delay: '500', attemptsMade: '1', failedReason: '"no"', stack: '["at x"]' },
      'step:reserve': `1,1,w,1,${THEN},\t"no"`,
    });
    expect(after.events).toEqual([
      ['step-failed', '1', 'reserve', '1', '"no"', '500'],
      ['delayed', '1', String(NOW + 500)],
    ]);
  });

  it('fails the job and leaves the cursor where it is', async () => {
    await lab.given({ jobs: [held({ ...reserving, 'last:reserve': '3' }), held({}, '2')] });

    const { before, after } = await runCommit(lab, [
      step({ head: '1,1,f,3', value: '"no"', next: 'reserve' }, 'fail', '"no"', '[]', '', '1'),
    ]);

    expect(fieldsOf(after)).toEqual({
      ...Object.fromEntries(Object.entries(fieldsOf(before)).filter(([field]) => field !== 'last:reserve')),
      ...{ state: 'failed', attemptsMade: '1', failedReason: '"no"', stack: '[]', finishedOn: String(NOW) },
      'step:reserve': `1,1,f,3,${THEN},${NOW}\t"no"`,
    });
    expect(after.events).toEqual([
      ['step-failed', '1', 'reserve', '3', '"no"', ''],
      ['failed', '1', '"no"'],
      ['retries-exhausted', '1', '1'],
    ]);
  });

  it('goes on to undo what was done, and keeps why', async () => {
    await lab.given({
      jobs: [
        held({
          ...{ step: 'charge', 'step:reserve': `1,1,c,1,${THEN},${THEN}`, 'value:reserve': 'v1' },
          'step:charge': `2,2,r,1,${THEN},`,
        }),
      ],
    });

    const { words, before, after } = await runCommit(lab, [
      step(
        { name: 'charge', head: '2,2,f,1', value: '"no"', next: 'undo:reserve', nextHead: '3,3,r,1' },
        ...(['undo', '{"reason":"no"}'] as const),
      ),
    ]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      active: [['1', NOW + LOCK_MS]],
      'job:1': {
        ...fieldsOf(before),
        ...{ step: 'undo:reserve', failure: '{"reason":"no"}', 'step:undo:reserve': `3,3,r,1,${NOW},` },
        'step:charge': `2,2,f,1,${THEN},${NOW}\t"no"`,
      },
      events: [
        ['step-failed', '1', 'charge', '1', '"no"', ''],
        ['step-started', '1', 'undo:reserve', '1'],
      ],
      'writer:a': '1\nok\n',
    });
  });

  it('begins to undo before any step of this run has begun', async () => {
    await lab.given({
      jobs: [held({ step: 'charge', 'step:reserve': `1,1,c,1,${THEN},${THEN}`, 'value:reserve': 'v1' })],
    });

    const { after } = await runCommit(lab, [
      step({ name: '', head: '', value: '', next: 'undo:reserve', nextHead: '2,2,r,1' }, 'undo', '{}'),
    ]);

    expect(fieldsOf(after)).toMatchObject({ step: 'undo:reserve', failure: '{}' });
    expect(after.events).toEqual([['step-started', '1', 'undo:reserve', '1']]);
  });

  it('is refused as a whole when another run holds the job, or none does', async () => {
    await lab.given({
      jobs: [
        held({ ...reserving, token: 'w:2', attemptsStarted: 2 }),
        { id: '2', state: 'delayed', fields: { state: 'delayed', token: 'w:1', attemptsStarted: 1 } },
      ],
    });
    const next = { next: 'charge', nextHead: '2,2,r,1' };
    const second = ([operation, , ...rest]: JobWrite): JobWrite =>
      [operation, '2', ...rest] as unknown as JobWrite;
    const writes: JobWrite[] = [
      step(next),
      step({ next: 'end:reserve' }, 'complete', '1', ''),
      step({ next: 'charge' }, 'postpone', '9'),
      step({ head: '1,1,w,1', next: 'reserve' }, 'retry', '"no"', '[]', '9', ''),
      step({ head: '1,1,f,1', next: 'reserve' }, 'fail', '"no"', '[]', '', ''),
      step({ head: '1,1,a,1', next: 'charge' }, 'await-signal', 'go', ''),
      step(next, 'undo', '{}'),
      ['begin-step', '1', 'w:1', 'reserve', '1,1,r,1', 'reserve', ''],
      ['emit', '1', 'w:1', 'reserve', '5'],
      ['end-wait', '1', 'w:1'],
    ];

    const { words, before, after } = await runCommit(lab, [...writes, ...writes.map(second)]);

    expect(words).toEqual([...writes.map(() => 'stale'), ...writes.map(() => 'not-active')]);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${words.join('\t')}\n` });
  });

  it('leaves a job that is given back in the same call to those who wait', async () => {
    await lab.given({ jobs: [held(reserving)] });

    const { words, after } = await runCommit(lab, [
      step({ next: 'charge', nextHead: '2,2,r,1' }),
      ['postpone', '1', 'w:1', '0'],
    ]);

    expect(words).toEqual(['ok', 'ok']);
    expect(after.waiting).toEqual(['1']);
    expect(after.active).toBeUndefined();
  });

  it.each([
    ['completes with children pending', { pending: 1 }, ['complete', '1', ''], 'pending-children'],
    ['completes with a failure to come', { deferred: '"x"' }, ['complete', '1', ''], 'child-failed'],
    ['completes after the failure of a child', { failedChildren: 1 }, ['complete', '1', ''], 'child-failed'],
    [
      'waits for children of which one failed',
      { deferred: '"x"', pending: 1 },
      ['wait-children'],
      'child-failed',
    ],
  ] as const)('is refused when the job %s', async (_what, fields, way, word) => {
    const children = {
      ...('pending' in fields ? { 'other:{queue}:\tchild': 'p' } : {}),
      ...('failedChildren' in fields ? { 'other:{queue}:\tworse': 'f"x"' } : {}),
    };
    await lab.given({ jobs: [{ ...held({ ...reserving, ...fields }), children }] });

    const { words, before, after } = await runCommit(lab, [step({ next: 'charge' }, ...(way as RunExit))]);

    expect(words).toEqual([word]);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${word}\n` });
  });

  it('goes on at once when no children are pending', async () => {
    await lab.given({ jobs: [held({ ...reserving, pending: 0 })] });

    const { words, after } = await runCommit(lab, [
      step({ next: 'charge', nextHead: '2,2,r,1' }, 'wait-children'),
    ]);

    expect(words).toEqual(['no-children']);
    expect(fieldsOf(after)).toMatchObject({
      state: 'active',
      step: 'charge',
      'step:charge': `2,2,r,1,${NOW},`,
    });
  });
});

describe('commit: emit', () => {
  it('keeps the last emission of a step, or of the run', async () => {
    await lab.given({ jobs: [held(reserving)] });

    const { words, before, after } = await runCommit(lab, [
      ['emit', '1', 'w:1', 'reserve', '1'],
      ['emit', '1', 'w:1', 'reserve', '{"n":2}'],
      ['emit', '1', 'w:1', '', '3'],
    ]);

    expect(words).toEqual(['ok', 'ok', 'ok']);
    expect(after).toEqual({
      ...before,
      'job:1': { ...fieldsOf(before), 'last:reserve': '{"n":2}', result: '3' },
      events: [
        ['progress', '1', '1'],
        ['progress', '1', '{"n":2}'],
        ['progress', '1', '3'],
      ],
      'writer:a': '1\nok\tok\tok\n',
    });
  });
});
