import type { JobWrite } from '../../lib/job/job-write.js';
import { describe, expect, it } from '@jest/globals';
import { COMMIT_TIME as NOW, runCommit } from '../support/commit-call.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const add = (id = '', spec = '', body = 'work\n{}\n{}'): JobWrite => ['add', id, spec, body];
const body = (data = '{}') => bodyText({ timestamp: NOW, data });

describe('commit: add', () => {
  it('adds jobs as add-jobs does', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: 'old', state: 'completed' }] });

    const { words, dueInMs, before, after } = await runCommit(lab, [
      add('', '', 'work\n{}\n[]'),
      add('mine'),
      add('mine'),
      add('old'),
      add('', '500,,,'),
      add('', ',3,,'),
    ]);

    expect(words).toEqual(['+2', '+mine', '=mine', '=old', '+3', '+4']);
    expect(dueInMs).toBe(500);
    expect(after).toEqual({
      ...before,
      meta: { id: '4', seq: '4' },
      waiting: ['1', '2', 'mine'],
      prioritized: [['4', 3 * 2 ** 32 + 2 ** 31 + 3]],
      delayed: [['3', NOW + 500 + 4 / 4096]],
      'body:2': body('[]'),
      'body:3': body(),
      'body:4': body(),
      'body:mine': body(),
      'job:4': { state: 'prioritized', priority: '3' },
      wake: [['1', 0]],
      events: [
        ['added', '2', 'work'],
        ['added', 'mine', 'work'],
        ['duplicated', 'mine'],
        ['duplicated', 'old'],
        ['added', '3', 'work', String(NOW + 500)],
        ['added', '4', 'work'],
      ],
      'writer:a': `1\n${words.join('\t')}\n@${NOW}`,
    });
  });

  it('starts them in the same call, beside outcomes of others', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });

    const { words, jobs, after } = await runCommit(lab, [add(), ['complete', '1', 'w:1', '5', ''], add()], {
      want: 1,
    });

    expect(words).toEqual(['+2', 'ok', '+3']);
    expect(jobs).toEqual([{ id: '2', body: body(), token: 'w:1', fields: [] }]);
    expect(after).toMatchObject({
      waiting: ['3'],
      wake: [['1', 0]],
      events: [
        ['added', '2', 'work'],
        ['completed', '1', '5'],
        ['added', '3', 'work'],
        ['active', '2'],
      ],
    });
  });

  it('adds once, however often the call comes', async () => {
    const first = await runCommit(lab, [add()], { want: 1 });
    const again = await runCommit(lab, [add()], { want: 1 });

    expect(again.words).toEqual(['+1']);
    expect(again.jobs.map(({ id }) => id)).toEqual(['1']);
    expect(again.after).toEqual(first.after);
  });

  it('gives them the time of the first run when the call is made again', async () => {
    await lab.given({ jobs: [] });
    const first = await runCommit(lab, [add()], { now: NOW });
    const again = await runCommit(lab, [add()], { now: NOW + 5000 });

    expect(again.words).toEqual(first.words);
    expect([first.time, again.time]).toEqual([String(NOW), String(NOW)]);
  });
});
