import { describe, expect, it } from '@jest/globals';
import { getChildren } from '../../lib/redis/scripts.generated.js';
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

describe('get-children', () => {
  const children = { [X]: 'p', [Y]: 'c{"a":[]}', i: 'i"no"', f: 'f"no"' };
  const read = async (letters: string, values: number): Promise<unknown> =>
    (await lab.run(getChildren, ['1', 0, letters, values, 500])).reply;

  it('gives children and what they brought, of the kinds asked for', async () => {
    await lab.given({ jobs: [parent({ pending: 1, failedChildren: 1 }, children)] });
    lab.willFind('job 1 has a child without a name: f', 'job 1 has a child without a name: i');

    expect(await read('pcif', 1)).toEqual(['0', ...Object.entries(children).flat()]);
    expect(await read('c', 1)).toEqual(['0', Y, 'c{"a":[]}']);
    expect(await read('pf', 0)).toEqual(['0', X, 'p', 'f', 'f']);
  });

  it('gives many in pages', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${OTHER}\t${i}`, 'p']));
    await lab.given({ jobs: [parent({ pending: 3000 }, many)] });

    const seen = new Set<string>();
    let cursor = '0';
    let calls = 0;
    do {
      const { reply } = await lab.run(getChildren, ['1', Number(cursor), 'p', 0, 500]);
      const [next, ...pairs] = reply as string[];
      pairs.filter((_, i) => i % 2 === 0).forEach((ref) => seen.add(ref));
      cursor = next!;
      calls += 1;
      expect(pairs.length).toBeLessThan(2 * 1000);
    } while (cursor !== '0');

    expect(seen.size).toBe(3000);
    expect(calls).toBeGreaterThan(3);
  });

  it.each([5, 60, 1000])('gives as many as asked for and goes on behind them, of %i', async (size) => {
    const some = Object.fromEntries(
      Array.from({ length: size }, (_, i) => [`${OTHER}\t${i}`, i % 2 ? 'p' : 'c1']),
    );
    await lab.given({ jobs: [parent({ pending: Math.floor(size / 2) }, some)] });

    const found: string[] = [];
    const sizes = new Set<number>();
    let cursor = 0;
    do {
      const { reply } = await lab.run(getChildren, ['1', cursor, 'p', 0, 3]);
      const [next, ...pairs] = reply as string[];
      const refs = pairs.filter((_, i) => i % 2 === 0);
      found.push(...refs);
      cursor = Number(next);
      if (cursor !== 0) sizes.add(refs.length);
    } while (cursor !== 0);

    expect(found.toSorted()).toEqual(
      Object.keys(some)
        .filter((ref) => some[ref] === 'p')
        .toSorted(),
    );
    expect([...sizes].every((each) => each === 3)).toBe(true);
  });
});
