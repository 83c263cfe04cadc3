import { describe, expect, it } from '@jest/globals';
import { getChildren } from '../../lib/redis/scripts.generated.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { OTHER } from '../support/flow-call.js';
import { ScriptLab, type SeedJob, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();
const ref = (id: string | number): string => `${OTHER}\t${id}`;

const parent = (children: Record<string, string>, state: SeedJob['state'] = 'waiting-children'): SeedJob => ({
  id: '1',
  state: state!,
  children,
  fields: {
    state: state!,
    pending: Object.values(children).filter((value) => value === 'p').length,
    failedChildren: Object.values(children).filter((value) => value.startsWith('f')).length,
  },
});

const read = (
  letters: string,
  values: 0 | 1 = 1,
  { id = '1', cursor = 0, count = 500 } = {},
): Promise<Trial> => lab.run(getChildren, [id, cursor, letters, values, count]);

/** All pages; `pages` are the refs of each. */
async function readAll(letters: string, count: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor = 0;
  do {
    const args = ['1', cursor, letters, 0, count] as const;
    const reply = await new ScriptRunner(lab.client, lab.keys).run(getChildren, [...args]);
    const [next, ...pairs] = reply as string[];
    pages.push(pairs.filter((_, i) => i % 2 === 0));
    cursor = Number(next);
  } while (cursor !== 0);
  return pages;
}

describe('get-children', () => {
  const children = { [ref('x')]: 'p', [ref('y')]: 'c{"a":[]}', [ref('i')]: 'i"no"', [ref('f')]: 'f"no"' };

  it.each([
    ['pcif', Object.keys(children)],
    ['p', [ref('x')]],
    ['c', [ref('y')]],
    ['i', [ref('i')]],
    ['f', [ref('f')]],
    ['if', [ref('i'), ref('f')]],
    ['', []],
  ])('returns the children of the kinds asked for, with what they brought: "%s"', async (letters, refs) => {
    await lab.given({ jobs: [parent(children, 'active')] });

    const { reply, before, after } = await read(letters);

    expect(reply).toEqual(['0', ...refs.flatMap((name) => [name, children[name]])]);
    expect(after).toEqual(before);
  });

  it('returns the letters alone where the values are not asked for', async () => {
    await lab.given({ jobs: [parent(children, 'active')] });

    expect((await read('pc', 0)).reply).toEqual(['0', ref('x'), 'p', ref('y'), 'c']);
  });

  it.each(['waiting', 'delayed', 'completed', 'failed'] as const)(
    'reads them of a job that is %s',
    async (state) => {
      await lab.given({ jobs: [parent({ [ref('y')]: 'c1' }, state)] });

      expect((await read('c')).reply).toEqual(['0', ref('y'), 'c1']);
    },
  );

  it.each([
    ['a job without children', '2'],
    ['a job that is not there', '3'],
  ])('returns none of %s', async (_case, id) => {
    await lab.given({ jobs: [parent(children, 'active'), { id: '2' }] });

    const { reply, before, after } = await read('pcif', 1, { id });

    expect(reply).toEqual(['0']);
    expect(after).toEqual(before);
  });

  it('returns none where something else has taken the key', async () => {
    await lab.given({ jobs: [{ id: '1' }] });
    await lab.client.set(lab.keys.derived('children', '1'), 'x');

    const { reply, before, after } = await read('pcif');

    expect(reply).toEqual(['0']);
    expect(after).toEqual(before);
    await lab.client.unlink(lab.keys.derived('children', '1'));
  });

  it('returns nothing beyond the end of a scan', async () => {
    await lab.given({ jobs: [parent(children, 'active')] });

    expect((await read('pcif', 1, { cursor: 1000 })).reply).toEqual(['0']);
  });

  it('returns the same for a repeated call', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [ref(i), 'p']));
    await lab.given({ jobs: [parent(many)] });

    const first = await read('p', 0, { count: 7 });

    expect((await read('p', 0, { count: 7 })).reply).toEqual(first.reply);
  });

  it('returns many in pages, none of which takes long', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [ref(i), 'p']));
    await lab.given({ jobs: [parent(many)] });

    const pages = await readAll('p', 500);

    expect(new Set(pages.flat()).size).toBe(3000);
    expect(pages.length).toBeGreaterThan(3);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThan(1000);
  });

  it('looks at some hundred and no more, also where none is of the kind asked for', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [ref(i), 'c1']));
    await lab.given({ jobs: [parent(many, 'active')] });

    const pages = await readAll('p', 500);

    expect(pages.flat()).toEqual([]);
    expect(pages.length).toBeGreaterThan(3);
  });

  it.each([5, 60, 1000])('returns as many as asked for and goes on behind them, of %i', async (size) => {
    const some = Object.fromEntries(Array.from({ length: size }, (_, i) => [ref(i), i % 2 ? 'p' : 'c1']));
    await lab.given({ jobs: [parent(some)] });

    const pages = await readAll('p', 3);

    expect(pages.flat().toSorted()).toEqual(
      Object.keys(some)
        .filter((name) => some[name] === 'p')
        .toSorted(),
    );
    expect(pages.slice(0, -1).every((page) => page.length === 3)).toBe(true);
  });
});
