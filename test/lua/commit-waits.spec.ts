import { describe, expect, it } from '@jest/globals';
import type { JobWrite } from '../../lib/job/job-write.js';
import { COMMIT_TIME as NOW, LOCK_MS, runCommit } from '../support/commit-call.js';
import { ScriptLab, SEED_TIME as THEN, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();

const CENTURY_MS = 3_153_600_000_000;

const held = (fields: Record<string, string | number>, id = '1'): SeedJob => ({
  id,
  state: 'active',
  fields,
});
const asking = { step: 'ask', 'step:ask': `1,1,r,1,${THEN},` };
const awaiting = (due: number) => ({
  ...{ step: 'ask', 'step:ask': `1,1,a,1,${THEN},`, awaits: `${due}\task\tship\tapproved` },
});
const ask = (timeout: string): JobWrite => [
  ...(['step', '1', 'w:1', 'ask', '1,1,a,1', '', 'ship', ''] as const),
  ['await-signal', 'approved', timeout],
];
const fieldsOf = (dump: object): Record<string, string> => (dump as Record<string, any>)['job:1'];

describe('commit: a step that waits for a signal', () => {
  it('leaves the worker until the signal or the end of its time', async () => {
    await lab.given({ jobs: [held(asking), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [ask('5000')]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      active: [['2', THEN + LOCK_MS]],
      delayed: [['1', expect.closeTo(NOW + 5000, 0)]],
      'job:1': { ...fieldsOf(before), ...awaiting(NOW + 5000), state: 'delayed', delay: '5000' },
      events: [['delayed', '1', String(NOW + 5000)]],
      'writer:a': '1\nok\n',
    });
  });

  it('may wait for as long as it takes', async () => {
    await lab.given({ jobs: [held(asking), held({}, '2')] });

    const { after } = await runCommit(lab, [ask('')]);

    expect(fieldsOf(after).awaits).toBe(`${NOW + CENTURY_MS}\task\tship\tapproved`);
    expect(after.delayed).toEqual([['1', expect.closeTo(NOW + CENTURY_MS, 0)]]);
  });

  it.each([
    ['with a key, which stays', 'k\t{"by":[]}', 'k\t'],
    ['without a key', '\t{"by":[]}', undefined],
  ])('takes a signal that is there already, %s', async (_kind, kept, left) => {
    await lab.given({ jobs: [held({ ...asking, 'signal:approved': kept }), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [ask('5000')]);

    expect(words).toEqual(['signalled']);
    const { 'signal:approved': _taken, ...others } = fieldsOf(before);
    expect(after).toEqual({
      ...before,
      'job:1': {
        ...others,
        ...{ step: 'ship', 'step:ask': `1,1,c,1,${THEN},${NOW}`, 'value:ask': 's{"by":[]}' },
        ...(left === undefined ? {} : { 'signal:approved': left }),
      },
      events: [['step-completed', '1', 'ask', '1', '']],
      'writer:a': '1\nsignalled\n',
    });
  });

  it('does not take a copy of a signal that was taken before', async () => {
    await lab.given({ jobs: [held({ ...asking, 'signal:approved': 'k\t' })] });

    expect((await runCommit(lab, [ask('5000')])).words).toEqual(['ok']);
  });
});

describe('commit: end-wait', () => {
  it('ends a wait whose time is over', async () => {
    await lab.given({ jobs: [held(awaiting(NOW))] });

    const { words, before, after } = await runCommit(lab, [['end-wait', '1', 'w:1']]);

    expect(words).toEqual(['timed-out']);
    const { awaits: _awaits, ...others } = fieldsOf(before);
    expect(after).toEqual({
      ...before,
      'job:1': { ...others, step: 'ship', 'step:ask': `1,1,c,1,${THEN},${NOW}`, 'value:ask': 't' },
      events: [['step-completed', '1', 'ask', '1', '']],
      'writer:a': '1\ntimed-out\n',
    });
  });

  it('takes the signal that came when the job had been started already', async () => {
    await lab.given({ jobs: [held({ ...awaiting(NOW - 1), 'signal:approved': 'k\t[1]' })] });

    const { words, after } = await runCommit(lab, [['end-wait', '1', 'w:1']]);

    expect(words).toEqual(['signalled']);
    expect(fieldsOf(after)).toMatchObject({ step: 'ship', 'value:ask': 's[1]', 'signal:approved': 'k\t' });
    expect(fieldsOf(after)).not.toHaveProperty('awaits');
  });

  it('lets a job that was started early wait on', async () => {
    await lab.given({ jobs: [held(awaiting(NOW + 70)), held({}, '2')] });

    const { words, before, after } = await runCommit(lab, [['end-wait', '1', 'w:1']]);

    expect(words).toEqual(['ok']);
    expect(fieldsOf(after)).toEqual({ ...fieldsOf(before), state: 'delayed', delay: '70' });
    expect(after.delayed).toEqual([['1', expect.closeTo(NOW + 70, 0)]]);
  });

  it('is no news for a job that waits for nothing', async () => {
    await lab.given({ jobs: [held(asking)] });

    const { words, before, after } = await runCommit(lab, [['end-wait', '1', 'w:1']]);

    expect(words).toEqual(['unchanged']);
    expect(after).toEqual({ ...before, 'writer:a': '1\nunchanged\n' });
  });
});
