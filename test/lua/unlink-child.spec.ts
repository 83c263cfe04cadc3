import { describe, expect, it } from '@jest/globals';
import { unlinkChild } from '../../lib/redis/scripts.generated.js';
import { HERE, historyOf, lineUpTo, message, OTHER } from '../support/flow-call.js';
import { SEED_TIME, ScriptLab, type SeedJob, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;
const SENT = NOW * 1000 + 1;

type State = NonNullable<SeedJob['state']>;

const child = (state: State, policy = '-', base = OTHER): SeedJob => ({
  id: '1',
  state,
  lockUntil: NOW - 1,
  ...(state === 'prioritized' && { priority: 1 }),
  fields: { state, parent: `${policy}${base}\tp` },
});

const unlink = (seq = '1', id = '1'): Promise<Trial> => lab.run(unlinkChild, [NOW, 'a', seq, id]);

const without = (fields: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

describe('unlink-child, of a parent in another queue', () => {
  it.each(['waiting', 'prioritized', 'delayed', 'active', 'waiting-children', 'failed'] as const)(
    'lets the child go and sends its parent word: %s',
    async (state) => {
      await lab.given({ jobs: [child(state)] });

      const { reply, before, after } = await unlink();

      const era = `${NOW}.${await historyOf(lab)}`;
      expect(reply).toBe('posted');
      expect(after).toEqual({
        ...before,
        'job:1': without(before['job:1'] as object, 'parent'),
        [`posted:${OTHER}`]: [message(SENT, era, 5, 'settle', 'p', '1', '-', 'r', '')],
        outbox: { [OTHER]: lineUpTo(SENT, era) },
        meta: { ...(before.meta as object), sent: String(SENT), era, outbox: '1' },
        'writer:a': '1\nposted',
      });
    },
  );

  it.each(['f', 'c', 'i', 'r'])('whatever its failure would mean: %s', async (policy) => {
    await lab.given({ jobs: [child('waiting', policy)] });

    const { reply, after } = await unlink();

    expect(reply).toBe('posted');
    expect(after['job:1']).toEqual({ state: 'waiting' });
    expect((after[`posted:${OTHER}`] as string[]).map((text) => text.split('\x1f').slice(3))).toEqual([
      ['settle', 'p', '1', policy, 'r', ''],
    ]);
  });

  it('does a repeated call once', async () => {
    await lab.given({ jobs: [child('delayed')] });

    const first = await unlink();
    const again = await unlink();

    expect(again.reply).toBe('posted');
    expect(again.after).toEqual(first.after);
  });

  it('finds nothing more to let go at a second call', async () => {
    await lab.given({ jobs: [child('delayed')] });
    await unlink();

    const { reply, before, after } = await unlink('2');

    expect(reply).toBe('unchanged');
    expect(after).toEqual({ ...before, 'writer:a': '2\nunchanged' });
  });

  it('refuses a call that arrives after a later one of its writer', async () => {
    await lab.given({ jobs: [child('delayed')] });
    await unlink('2', '9');
    const before = await lab.dump();

    await expect(unlink('1')).rejects.toThrow('OUTDATED');

    expect(await lab.dump()).toEqual(before);
  });
});

describe('unlink-child, of a parent in the same queue', () => {
  const parentOf = (children: Record<string, string>, more: Record<string, number> = {}): SeedJob => ({
    id: 'p',
    state: 'waiting-children',
    children,
    fields: { pending: Object.values(children).filter((value) => value === 'p').length, ...more },
  });
  const MINE = `${HERE}\t1`;
  const given = async (parent: SeedJob, paused = false): Promise<void> => {
    await lab.given({ jobs: [parent, child('waiting', 'f', HERE)], paused });
    await lab.client.hset(lab.keys.of('meta'), 'base', HERE);
  };

  it('releases a parent that waits for no other, and wakes a worker', async () => {
    await given(parentOf({ [MINE]: 'p' }));

    const { reply, before, after } = await unlink();

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...without(before, 'waiting-children', 'children:p'),
      'job:1': { state: 'waiting' },
      'job:p': {
        ...(before['job:p'] as object),
        state: 'waiting',
        delay: '0',
        pending: '0',
        since: '2',
      },
      waiting: ['p', '1'],
      meta: { ...(before.meta as object), seq: '2' },
      wake: expect.anything(),
      events: [['waiting', 'p', 'waiting-children']],
      'writer:a': '1\nok',
    });
  });

  it('releases it in a paused queue without waking anybody', async () => {
    await given(parentOf({ [MINE]: 'p' }), true);

    const { after } = await unlink();

    expect(after.waiting).toEqual(['p', '1']);
    expect(after).not.toHaveProperty('wake');
  });

  it('leaves a parent waiting that waits for others too', async () => {
    await given(parentOf({ [MINE]: 'p', [`${OTHER}\tx`]: 'p' }));

    const { reply, before, after } = await unlink();

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      'job:1': { state: 'waiting' },
      'job:p': { ...(before['job:p'] as object), pending: '1' },
      'children:p': { [`${OTHER}\tx`]: 'p' },
      'writer:a': '1\nok',
    });
  });

  it('lets a child go whose parent is not there any more', async () => {
    await lab.given({ jobs: [child('waiting', 'f', HERE)] });
    await lab.client.hset(lab.keys.of('meta'), 'base', HERE);

    const { reply, before, after } = await unlink();

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, 'job:1': { state: 'waiting' }, 'writer:a': '1\nok' });
  });
});

describe('unlink-child, where there is nothing to let go', () => {
  it.each<[string, string, SeedJob]>([
    ['a completed job', 'unchanged', child('completed')],
    ['a failed job that its parent was sent word of', 'unchanged', child('failed', 'i')],
    ['a job that is nobody’s child', 'unchanged', { id: '1' }],
    ['a job that is not there', 'missing', { id: '2' }],
  ])('changes nothing of %s', async (_case, word, job) => {
    await lab.given({ jobs: [job] });

    const { reply, before, after } = await unlink();

    expect(reply).toBe(word);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${word}` });
    expect((await unlink()).after).toEqual(after);
  });
});
