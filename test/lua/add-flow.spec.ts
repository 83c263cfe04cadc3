import { describe, expect, it } from '@jest/globals';
import { stageFlow } from '../../lib/redis/scripts.generated.js';
import { BODY, FLOW_TIME, historyOf, message, OTHER, runAddFlow, sentIn } from '../support/flow-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const REFS = [`${OTHER}\tx`, `${OTHER}\ty`];
const FIRST = FLOW_TIME * 1000 + 1;

const child = (id: string, flag = ''): string =>
  message(flag, 5, OTHER, 'add', id, '', 'the parent', 0, BODY);

const posted = (number: number, era: string, id: string): string =>
  message(number, era, 5, 'add', id, '', 'the parent', 0, BODY);

describe('add-flow', () => {
  it('stores a root that waits for its children, and the messages that bring them', async () => {
    const era = `${FLOW_TIME}.${await historyOf(lab)}`;
    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: REFS,
        messages: [
          [1, child('x')],
          [2, child('y')],
        ],
      },
    ]);

    expect(reply).toBe('+\t');
    expect(after).toEqual({
      'body:r': `${FLOW_TIME}\n${BODY}`,
      'job:r': { state: 'waiting-children', pending: '2' },
      'children:r': { [REFS[0]!]: 'p', [REFS[1]!]: 'p' },
      'waiting-children': [['r', 1]],
      [`posted:${OTHER}`]: [posted(FIRST, era, 'x'), posted(FIRST + 1, era, 'y')],
      outbox: { [OTHER]: '' },
      meta: { seq: '1', sent: String(FIRST + 1), era, outbox: '1' },
      events: [['added', 'r', 'work', '', 'waiting-children']],
      'writer:a': '1\n+\t',
    });
  });

  it('keeps what a root asks for until its children have ended', async () => {
    const flow = { kind: 'root', id: 'r', spec: '500,7,,1600000000000', refs: [REFS[0]!] } as const;

    const { after } = await runAddFlow(lab, [{ ...flow, messages: [[1, child('x')]] }]);

    expect(after['job:r']).toEqual({ state: 'waiting-children', pending: '1', priority: '7', delay: '500' });
    expect(after['body:r']).toBe(`1600000000000\n${BODY}`);
  });

  it('adds nothing of a flow whose root is there', async () => {
    await lab.given({ jobs: [{ id: 'r' }] });

    const { reply, before, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: REFS,
        messages: [
          [1, child('x')],
          [2, child('y')],
        ],
      },
    ]);

    expect(reply).toBe('=');
    expect(after).toEqual({ ...before, events: [['duplicated', 'r']], 'writer:a': '1\n=' });
  });

  it('goes on with the numbers of its messages', async () => {
    await runAddFlow(lab, [{ kind: 'root', id: 'r', refs: [REFS[0]!], messages: [[1, child('x')]] }]);

    const { reply, after } = await runAddFlow(
      lab,
      [{ kind: 'attach', id: 'r', refs: [REFS[1]!], messages: [[1, child('y')]] }],
      '2',
    );

    expect(reply).toBe('+\t');
    expect(after['job:r']).toMatchObject({ pending: '2' });
    expect(after.meta).toMatchObject({ sent: String(FIRST + 1) });
  });

  it.each([
    ['behind the clock', 5, FIRST],
    ['ahead of it', FIRST + 1000, FIRST + 1001],
  ])('never gives a number twice: the counter is %s', async (_case, sent, expected) => {
    const era = `7.${await historyOf(lab)}`;
    await lab.client.hset(lab.keys.of('meta'), 'sent', sent, 'era', era);

    const flow = { kind: 'root', id: 'r', refs: [REFS[0]!], messages: [[1, child('x')]] } as const;

    expect((await runAddFlow(lab, [flow])).after.meta).toMatchObject({ sent: String(expected), era });
  });

  it('begins a new era on a server with another past, as numbers may be given again there', async () => {
    await lab.client.hset(lab.keys.of('meta'), 'sent', FIRST + 1000, 'era', '7.0a1b2c3d');

    const flow = { kind: 'root', id: 'r', refs: [REFS[0]!], messages: [[1, child('x')]] } as const;
    const { after } = await runAddFlow(lab, [flow]);

    expect(after.meta).toMatchObject({ era: `${FLOW_TIME}.${await historyOf(lab)}` });
  });

  it('answers a repeated call as the first time', async () => {
    const flow = { kind: 'root', id: 'r', refs: REFS, messages: [[1, child('x')]] } as const;

    const first = await runAddFlow(lab, [{ ...flow, refs: [REFS[0]!] }]);
    const again = await runAddFlow(lab, [{ ...flow, refs: [REFS[0]!] }]);

    expect(again.reply).toBe(first.reply);
    expect(again.after).toEqual(first.after);
  });

  it('attaches children to a job in any state, and answers each flow of a call', async () => {
    await lab.given({ jobs: [{ id: 'w' }, { id: 'c', state: 'completed' }] });

    const { reply, after } = await runAddFlow(lab, [
      { kind: 'attach', id: 'w', refs: [REFS[0]!], messages: [[1, child('x')]] },
      { kind: 'attach', id: 'none', refs: [REFS[0]!], messages: [[1, child('x')]] },
      { kind: 'attach', id: 'c', refs: [REFS[1]!], messages: [[1, child('y')]] },
    ]);

    expect(reply).toBe('+\t\nmissing\n+\t');
    expect(after).toMatchObject({
      'job:w': { pending: '1' },
      'children:w': { [REFS[0]!]: 'p' },
      'job:c': { pending: '1', state: 'completed' },
      'children:c': { [REFS[1]!]: 'p' },
    });
    expect(sentIn(after)).toHaveLength(2);
  });

  it.each([
    ['another token', 'w:2', 'stale'],
    ['its token', 'w:1', '+\t'],
  ])('compares the lock where it is told one: %s', async (_case, token, word) => {
    await lab.given({ jobs: [{ id: '1', state: 'active' }] });

    const { reply, before, after } = await runAddFlow(lab, [
      { kind: 'attach', id: '1', token, refs: [REFS[0]!], messages: [[1, child('x')]] },
    ]);

    expect(reply).toBe(word);
    expect(after['job:1']).toEqual({
      ...(before['job:1'] as object),
      ...(word === 'stale' ? {} : { pending: '1' }),
    });
  });

  it('leaves out children that are there, with all that belongs to them, but not what others wait for', async () => {
    await lab.given({
      jobs: [{ id: '1', state: 'active', fields: { pending: 0 }, children: { [REFS[0]!]: 'c1' } }],
    });

    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'attach',
        id: '1',
        refs: REFS,
        messages: [
          [1, child('x')],
          [2, child('y')],
          [1, child('below x', 'w')],
          [2, child('below y')],
          [2, child('further below')],
        ],
      },
    ]);

    expect(reply).toBe('+a.1.1\t1');
    expect(after['job:1']).toMatchObject({ pending: '1' });
    expect(after['children:1']).toEqual({ [REFS[0]!]: 'c1', [REFS[1]!]: 'p' });
    expect(sentIn(after).map(([, , kind, id]) => [kind, id])).toEqual([
      ['add', 'y'],
      ['fence', 'a.1.1'],
    ]);
    expect(after['staged:a.1.1']).toEqual([child('below y', 'w'), child('further below')]);
    expect(after.fences).toEqual({ [FIRST + 1]: 'a.1.1', '#a.1.1': '1' });
  });

  it('changes nothing where all children are there', async () => {
    await lab.given({
      jobs: [{ id: '1', state: 'active', fields: { pending: 1 }, children: { [REFS[0]!]: 'p' } }],
    });

    const { reply, before, after } = await runAddFlow(lab, [
      { kind: 'attach', id: '1', refs: [REFS[0]!], messages: [[1, child('x')]] },
    ]);

    expect(reply).toBe('+\t1');
    expect(after).toEqual({ ...before, 'writer:a': '1\n+\t1' });
  });
});

describe('a staged flow', () => {
  const refs = message('', 4, 'own', 'refs', 'r', ...REFS);
  const stage = (messages: readonly string[], count = 0, now = FLOW_TIME) =>
    lab.run(stageFlow, [now, 's1', count, 60_000], messages);
  const root = { kind: 'root', id: 'r', pending: 2, staged: 's1', total: 3 } as const;

  it('begins with its first part, behind which each target has a fence', async () => {
    await stage([refs, child('x', 'w'), child('y')]);

    const { reply, after } = await runAddFlow(lab, [root]);

    expect(reply).toBe('+s1\t');
    expect(after).toMatchObject({
      'job:r': { pending: '2', promised: '2' },
      'staged:s1': [child('x', 'w'), child('y')],
      fences: { [FIRST + 1]: 's1', '#s1': '1' },
    });
    expect(sentIn(after)).toEqual([
      ['own', '4', 'refs', 'r', ...REFS],
      ['own', '200', 'fence', 's1'],
    ]);
    expect(after).not.toHaveProperty('staging');
  });

  it.each([
    ['was taken back', []],
    ['is not whole', [refs, child('x')]],
  ])('does not begin when it %s', async (_case, messages) => {
    if (messages.length > 0) await stage(messages);

    const { reply, before, after } = await runAddFlow(lab, [root]);

    expect(reply).toBe('gone');
    expect(after).toEqual({ ...before, 'writer:a': '1\ngone' });
  });
});
