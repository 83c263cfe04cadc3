import { describe, expect, it } from '@jest/globals';
import { nextParents, notifyAgain } from '../../lib/redis/scripts.generated.js';
import { FLOW_TIME as NOW, OTHER, runReadOutbox, sentIn } from '../support/flow-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const child = (id: string, state: SeedJob['state'], policy = 'f', base = OTHER): SeedJob => ({
  id,
  state: state!,
  fields: { state: state!, parent: `${policy}${base}\tp` },
});
const ask = (ids: readonly string[]) => lab.run(notifyAgain, [NOW, OTHER, 'p'], ids);

describe('notify-again', () => {
  it('has children that have ended tell their parent, and no others', async () => {
    await lab.given({
      jobs: [
        child('c', 'completed'),
        child('f', 'failed'),
        child('a', 'active'),
        child('retry', 'failed', '-'),
        { ...child('else', 'completed'), fields: { parent: `f${OTHER}\tq` } },
        { id: 'none', state: 'completed' },
      ],
    });

    const { reply, after } = await ask(['c', 'f', 'a', 'retry', 'else', 'none', 'gone']);

    expect(reply).toBe(2);
    expect(sentIn(after)).toEqual([
      [OTHER, 'settle', 'p', 'c', 'f', 'c', '"done"'],
      [OTHER, 'settle', 'p', 'f', 'f', 'f', '"no"'],
    ]);
  });

  it('says nothing while something is on its way there', async () => {
    await lab.given({ jobs: [child('c', 'completed')] });
    await ask(['c']);

    const again = await ask(['c']);
    expect(again.reply).toBe(0);
    expect(again.after).toEqual(again.before);
    const { page } = await runReadOutbox(lab);
    await runReadOutbox(lab, { lines: { [OTHER]: { received: Number(page.lines[0]!.given[0]!.number) } } });
    expect((await ask(['c'])).reply).toBe(1);
  });

  it('settles a parent in this queue at once', async () => {
    await lab.given({
      jobs: [
        child('c', 'completed'),
        { id: 'p', state: 'waiting-children', fields: { pending: 1 }, children: { [`${OTHER}\tc`]: 'p' } },
      ],
    });
    await lab.client.hset(lab.keys.of('meta'), 'base', OTHER);

    const { after } = await ask(['c']);

    expect(after['children:p']).toEqual({ [`${OTHER}\tc`]: 'c"done"' });
    expect(after).toMatchObject({ waiting: ['p'], wake: [['1', 0]], 'job:p': { state: 'waiting' } });
    expect(sentIn(after)).toEqual([]);
  });
});

describe('next-parents', () => {
  const parents = (ids: readonly string[]): Promise<void> =>
    lab.given({
      jobs: ids.map((id) => ({
        id,
        state: 'waiting-children',
        fields: { pending: 1 },
        children: { [`${OTHER}\tx`]: 'p' },
      })),
    });
  const next = async (now: number, count = 2): Promise<unknown> =>
    (await lab.run(nextParents, [now, count, 1000])).reply;

  it('gives parents in turn, to one process in an interval', async () => {
    await parents(['a', 'b', 'c']);

    expect(await next(NOW)).toEqual(['a', 'b']);
    expect(await next(NOW + 999)).toEqual([]);
    expect(await next(NOW + 1000)).toEqual(['c']);
    expect(await next(NOW + 2000)).toEqual(['a', 'b']);
  });

  it('waits no longer than that though the clock was put back', async () => {
    await parents(['a']);
    await next(NOW);

    expect(await next(NOW - 3_600_000)).toEqual(['a']);
  });

  it('writes nothing where no job waits for children', async () => {
    expect(await next(NOW)).toEqual([]);
    expect(await lab.dump()).toEqual({});
  });
});

it('has a child tell that no longer knows its parent, as its parent knows it', async () => {
  await lab.given({ jobs: [{ ...child('c', 'completed'), fields: { state: 'completed', parent: 'zzz' } }] });
  lab.willFind('job c has the parent zzz');

  expect(sentIn((await ask(['c'])).after)).toEqual([[OTHER, 'settle', 'p', 'c', 'f', 'c', '"done"']]);
});
