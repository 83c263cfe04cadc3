import { describe, expect, it } from '@jest/globals';
import type { JobWrite } from '../../lib/job/job-write.js';
import { runCommit } from '../support/commit-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const held = (id: string, fields: SeedJob['fields'] = {}): SeedJob => ({ id, state: 'active', fields });
const complete = (id: string, token = 'w:1'): JobWrite => ['complete', id, token, '1', ''];
const NOT_READ = expect.stringContaining('cannot be read');

describe('commit: a job whose record cannot be read', () => {
  it.each<[string, SeedJob['fields'], JobWrite]>([
    ['what it waits for', { awaits: 'what?' }, ['end-wait', '2', 'w:1']],
    [
      'the step in which it waits',
      { awaits: '1\task\tship\tgo', 'step:ask': 'what?' },
      ['end-wait', '2', 'w:1'],
    ],
    ['its deduplication', { dedup: 'x' }, complete('2')],
  ])('fails, and the others of the call complete: %s', async (_what, fields, write) => {
    await lab.given({ jobs: [held('1'), held('2', fields), held('3')] });
    await lab.client.set(lab.keys.derived('dedup', 'x'), 'what?');
    lab.willFind('key dedup:x is a string');

    const { words, after } = await runCommit(lab, [complete('1'), write, complete('3')]);

    expect(words).toEqual(['ok', 'unreadable', 'ok']);
    expect(after).toMatchObject({
      completed: [
        ['1', expect.anything()],
        ['3', expect.anything()],
      ],
      failed: [['2', expect.anything()]],
      'job:2': { state: 'failed', failedReason: NOT_READ },
    });
    expect(after).not.toHaveProperty('active');
    expect(after.events).toContainEqual(['failed', '2', NOT_READ]);
  });

  it('is left alone by a worker that holds it no more, and by what ends no run', async () => {
    await lab.given({ jobs: [held('1', { dedup: 'x' }), held('2'), held('3')] });
    await lab.client.set(lab.keys.derived('logs', '2'), 'what?');
    lab.willFind('key logs:2 is a string');

    const { words, after } = await runCommit(lab, [
      complete('1', 'w:9'),
      ['log', '2', 'w:1', 'line', ''],
      complete('3'),
    ]);

    expect(words).toEqual(['stale', 'unreadable', 'ok']);
    expect((after.active as [string, number][]).map(([id]) => id)).toEqual(['1', '2']);
  });

  it('is given again by a call that is sent again, whose other jobs are too', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2' }] });
    await runCommit(lab, [], { want: 2 });
    await lab.client.del(lab.keys.derived('body', '1'));
    await lab.client.rpush(lab.keys.derived('body', '1'), 'what?');
    lab.willFind('key body:1 is a list');

    const { jobs } = await runCommit(lab, [], { want: 2 });

    expect(jobs.map(({ id, body }) => [id, body === ''])).toEqual([
      ['1', true],
      ['2', false],
    ]);
  });
});
