import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();

const done = (id: string, finishedOn = NOW - 1000): SeedJob => ({
  id,
  state: 'completed',
  fields: { finishedOn, processedOn: finishedOn },
});
const active = (id: string): SeedJob => ({ id, state: 'active' });
const complete = (id: string, keep: string) => ['complete', id, 'w:1', '1', keep] as const;
const idsIn = (set: unknown): string[] => ((set ?? []) as [string, number][]).map(([id]) => id);

describe('commit: retention', () => {
  it('leaves nothing of a job that is not to be kept', async () => {
    await lab.given({ jobs: [done('1'), { ...active('2'), logs: ['x'] }, active('3')] });

    const { words, before, after } = await runCommit(lab, [complete('2', '0,,')]);

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      active: (before.active as unknown[]).slice(1),
      'body:2': undefined,
      'job:2': undefined,
      'logs:2': undefined,
      events: [['completed', '2', '1']],
      'writer:a': '1\nok\n',
    });
  });

  it('keeps others where a job that is not to be kept comes with one that is', async () => {
    await lab.given({ jobs: [done('1'), active('2'), active('3')] });

    const { after } = await runCommit(lab, [complete('2', '0,,'), complete('3', '')]);

    expect(idsIn(after.completed)).toEqual(['1', '3']);
  });

  it('keeps the last finished ones by count, with all that the others own gone', async () => {
    await lab.given({ jobs: [{ ...done('1'), logs: ['x'] }, done('2'), done('3'), active('4')] });

    const { before, after } = await runCommit(lab, [complete('4', '2,,')]);

    expect(idsIn(after.completed)).toEqual(['3', '4']);
    expect(after).toEqual({
      ...{ ...before, active: undefined, completed: after.completed },
      ...{
        'body:1': undefined,
        'job:1': undefined,
        'logs:1': undefined,
        'body:2': undefined,
        'job:2': undefined,
      },
      ...{ meta: after.meta, events: after.events, 'writer:a': '1\nok\n', 'job:4': after['job:4'] },
    });
  });

  it('drops what is older than an age', async () => {
    await lab.given({
      jobs: [done('1', NOW - 3000), done('2', NOW - 2001), done('3', NOW - 2000), active('4')],
    });

    const { after } = await runCommit(lab, [complete('4', ',2000,')]);

    expect(idsIn(after.completed)).toEqual(['3', '4']);
    expect(after['body:2']).toBeUndefined();
    expect(after['body:3']).toBeDefined();
  });

  it('keeps nothing of a job whose age or count is 0, and leaves the others alone', async () => {
    await lab.given({ jobs: [done('1', NOW - 3000), active('2'), active('3')] });

    const { after } = await runCommit(lab, [complete('2', ',0,'), complete('3', '5,0,1')]);

    expect(idsIn(after.completed)).toEqual(['1']);
    expect(after['body:2'] ?? after['body:3']).toBeUndefined();
  });

  it('takes a limit of 0, or a policy that cannot be read, as none', async () => {
    await lab.given({ jobs: [done('1', NOW - 3000), active('2'), active('3')] });

    const { after } = await runCommit(lab, [complete('2', '1.5,,'), complete('3', ',2000,0')]);

    expect(idsIn(after.completed)).toEqual(['2', '3']);
  });

  it('drops no more by age than a limit says', async () => {
    await lab.given({
      jobs: [done('1', NOW - 3000), done('2', NOW - 3000), done('3', NOW - 3000), active('4')],
    });

    expect(idsIn((await runCommit(lab, [complete('4', ',2000,2')])).after.completed)).toEqual(['3', '4']);
  });

  it('applies count and age together', async () => {
    await lab.given({ jobs: [done('1', NOW - 3000), done('2'), done('3'), done('4'), active('5')] });

    expect(idsIn((await runCommit(lab, [complete('5', '2,2000,')])).after.completed)).toEqual(['4', '5']);
  });

  it('touches only the set that the job went to', async () => {
    await lab.given({ jobs: [done('1'), done('2'), { id: '3', state: 'failed' }, active('4')] });

    const { after } = await runCommit(lab, [['fail', '4', 'w:1', '"no"', '[]', '1,,', '']]);

    expect(idsIn(after.failed)).toEqual(['4']);
    expect(idsIn(after.completed)).toEqual(['1', '2']);
  });

  it('keeps everything when nothing is said', async () => {
    await lab.given({ jobs: [done('1', NOW - 1e9), active('2')] });

    expect(idsIn((await runCommit(lab, [complete('2', '')])).after.completed)).toEqual(['1', '2']);
  });

  it('drops 1000 jobs a call at most', async () => {
    await lab.given({ jobs: [...Array.from({ length: 1200 }, (_, i) => done(`${i + 1}`)), active('2000')] });

    const { after } = await runCommit(lab, [complete('2000', '1,,')]);

    expect(after.completed).toHaveLength(201);
    expect(Object.keys(after).filter((key) => key.startsWith('body:'))).toHaveLength(201);
  });
});
