import { describe, expect, it } from '@jest/globals';
import { runCommit } from '../support/commit-call.js';
import { OTHER } from '../support/flow-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const X = `${OTHER}\tx`;
const Y = `${OTHER}\ty`;

const parent = (fields: SeedJob['fields'], children: Record<string, string>): SeedJob => ({
  id: '1',
  state: 'active',
  children,
  fields: fields!,
});
const wait = (child = '', token = 'w:1') => runCommit(lab, [['wait-children', '1', token, child]]);

describe('commit: waiting for children', () => {
  it('moves a job whose children are pending, and gives its slot back', async () => {
    await lab.given({ jobs: [parent({ pending: 1, delay: 500 }, { [X]: 'p' })] });

    const { words, before, after } = await wait();

    expect(words).toEqual(['ok']);
    expect(after).toEqual({
      ...before,
      active: undefined,
      'waiting-children': [['1', 2]],
      meta: { id: '1', seq: '2' },
      'job:1': { ...(before['job:1'] as object), state: 'waiting-children', delay: '0' },
      events: [['waiting-children', '1', 'active'], ['drained']],
      'writer:a': expect.anything(),
    });
  });

  it.each([
    ['there are none', {}, {}],
    ['all have ended', { pending: 0 }, { [X]: 'c1' }],
  ])('leaves the job active where %s', async (_case, fields, children) => {
    await lab.given({ jobs: [parent(fields, children)] });

    const { words, before, after } = await wait();

    expect(words).toEqual(['no-children']);
    expect(after).toEqual({ ...before, 'writer:a': expect.anything() });
  });

  it.each([
    ['is pending', X, 'ok'],
    ['has ended', Y, 'no-children'],
    ['is none of its', 'z', 'no-children'],
  ])('may be about one child: it %s', async (_case, ref, word) => {
    await lab.given({ jobs: [parent({ pending: 1 }, { [X]: 'p', [Y]: 'c1' })] });

    expect((await wait(ref)).words).toEqual([word]);
  });

  it.each([
    ['has failed', { pending: 1, failedChildren: 1 }, { [X]: 'p', [Y]: 'f"no"' }],
    ['is to make it fail', { pending: 1, deferred: '"so"' }, { [X]: 'p', [Y]: 'c1' }],
  ])('is refused when a child %s', async (_case, fields, children) => {
    await lab.given({ jobs: [parent(fields, children)] });

    const { words, before, after } = await wait();

    expect(words).toEqual(['child-failed']);
    expect(after).toEqual({ ...before, 'writer:a': expect.anything() });
  });

  it('compares the token', async () => {
    await lab.given({ jobs: [parent({ pending: 1 }, { [X]: 'p' })] });

    expect((await wait('', 'w:2')).words).toEqual(['stale']);
    expect((await runCommit(lab, [['wait-children', '9', 'w:1', '']], { seq: '2' })).words).toEqual([
      'missing',
    ]);
  });
});
