import { describe, expect, it } from '@jest/globals';
import { stageFlow } from '../../lib/redis/scripts.generated.js';
import {
  BODY,
  FLOW_TIME,
  type FlowCall,
  HERE,
  historyOf,
  lineUpTo,
  message,
  OTHER,
  runAddFlow,
  runReadOutbox,
  sentIn,
} from '../support/flow-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const REFS = [`${OTHER}\tx`, `${OTHER}\ty`];
const FIRST = FLOW_TIME * 1000 + 1;

const child = (id: string, flag = ''): string =>
  message(flag, 5, OTHER, 'add', id, '', 'the parent', 0, BODY);

const added = (id: string): string => message('add', id, '', 'the parent', 0, BODY);

const oneChild = (root: string, id: string): FlowCall => ({
  ...{ kind: 'root', id: root, refs: [`${OTHER}\t${id}`], messages: [[1, child(id)]] },
});

describe('add-flow', () => {
  it('stores a root that waits for its children, and the messages that bring them', async () => {
    const era = `${FLOW_TIME}.${await historyOf(lab)}`;
    const said = `${added('x')}\x1d${added('y')}`;
    const { reply, posted, after } = await runAddFlow(lab, [
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
      [`posted:${OTHER}`]: [message(FIRST, era, 10, said)],
      outbox: { [OTHER]: lineUpTo(FIRST, era) },
      meta: { seq: '1', sent: String(FIRST), era, outbox: '1' },
      events: [['added', 'r', 'work', '', 'waiting-children']],
      'writer:a': '1\n+\t',
    });
    expect(posted).toEqual([
      { target: OTHER, after: '0', afterEra: '', number: String(FIRST), era, weight: '10', text: said },
    ]);
  });

  it('brings along what it has posted, which follows what was posted before, once', async () => {
    const first = await runAddFlow(lab, [oneChild('r', 'x')]);
    const [before] = first.posted;

    const second = await runAddFlow(lab, [oneChild('s', 'y')], '2');

    expect(second.posted).toMatchObject([
      { after: before!.number, afterEra: before!.era, number: String(FIRST + 1), text: added('y') },
    ]);
    expect((await runAddFlow(lab, [oneChild('s', 'y')], '2')).posted).toEqual([]);
  });

  it.each([
    ['cannot be read', 'what?', false],
    ['could not be read when it was last looked at', 'what?', true],
    ['is there no longer', undefined, false],
  ])(
    'brings nothing along where what is known of its line %s: others may be ahead',
    async (_case, known, isSeen) => {
      await runAddFlow(lab, [oneChild('r', 'x')]);
      const outbox = lab.keys.of('outbox');
      await (known === undefined ? lab.client.hdel(outbox, OTHER) : lab.client.hset(outbox, OTHER, known));
      if (isSeen) await runReadOutbox(lab);

      const { posted, after } = await runAddFlow(lab, [oneChild('s', 'y')], '2');

      expect(posted).toEqual([]);
      expect(sentIn(after).map(([, , id]) => id)).toEqual(['x', 'y']);
      const third = await runAddFlow(lab, [oneChild('t', 'z')], '3');
      expect(third.posted).toMatchObject([{ after: String(FIRST + 1), number: String(FIRST + 2) }]);
    },
  );

  it('posts in several elements what is much for one', async () => {
    const ids = Array.from({ length: 150 }, (_, i) => `c${i}`);
    const messages = ids.map((id, i) => [i + 1, child(id)] as const);

    const { posted, after } = await runAddFlow(lab, [
      { kind: 'root', id: 'r', refs: ids.map((id) => `${OTHER}\t${id}`), messages },
    ]);

    expect(posted.map(({ after: follows, number, weight }) => [follows, number, weight])).toEqual([
      ['0', String(FIRST), '500'],
      [String(FIRST), String(FIRST + 1), '250'],
    ]);
    expect(after[`posted:${OTHER}`]).toHaveLength(2);
    expect(sentIn(after).map(([, , id]) => id)).toEqual(ids);
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
    expect(sentIn(after).map(([, kind, id]) => [kind, id])).toEqual([
      ['add', 'y'],
      ['fence', 'a.1.1'],
    ]);
    expect(after['staged:a.1.1']).toEqual([child('below y', 'w'), child('further below')]);
    expect(after.fences).toEqual({ [FIRST]: 'a.1.1', '#a.1.1': '1' });
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
      fences: { [FIRST]: 's1', '#s1': '1' },
    });
    expect(sentIn(after)).toEqual([
      ['own', 'refs', 'r', ...REFS],
      ['own', 'fence', 's1'],
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

describe('a flow whose jobs are all in this queue', () => {
  const own = (id: string): string => `${HERE}\t${id}`;

  /** A job of the flow below `parent`, with the children that it waits for. */
  const job = (
    id: string,
    parent: string,
    { spec = '', policy = '-', children = [] as string[] } = {},
  ): string =>
    message(
      ...['', 6 + children.length, HERE, 'add', id, spec, `${policy}${own(parent)}`, children.length, BODY],
      ...children.map(own),
    );

  it('is there at once, and wakes a worker', async () => {
    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: ['x', 'y', 'z'].map(own),
        messages: [
          [1, job('x', 'r')],
          [2, job('y', 'r', { policy: 'f' })],
          [3, job('z', 'r', { spec: '500,,,1600000000000' })],
        ],
      },
    ]);

    expect(reply).toBe('.\t');
    expect(after).toEqual({
      'body:r': `${FLOW_TIME}\n${BODY}`,
      'job:r': { state: 'waiting-children', pending: '3' },
      'children:r': { [own('x')]: 'p', [own('y')]: 'p', [own('z')]: 'p' },
      'waiting-children': [['r', 1]],
      'body:x': `${FLOW_TIME}\n${BODY}`,
      'job:x': { state: 'waiting', parent: `-${own('r')}` },
      'body:y': `${FLOW_TIME}\n${BODY}`,
      'job:y': { state: 'waiting', parent: `f${own('r')}` },
      'body:z': `1600000000000\n${BODY}`,
      'job:z': { state: 'waiting', parent: `-${own('r')}` },
      waiting: ['x', 'y', 'z'],
      wake: [['1', 0]],
      meta: { seq: '1', base: HERE },
      events: [
        ['added', 'r', 'work', '', 'waiting-children'],
        ['added', 'x', 'work'],
        ['added', 'y', 'work'],
        ['added', 'z', 'work'],
      ],
      'writer:a': '1\n.\t',
    });
  });

  it('has several levels in one call, each job waiting for those below it', async () => {
    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: [own('x')],
        messages: [
          [1, job('x', 'r', { spec: ',5,,', children: ['a', 'b'] })],
          [1, `w${job('a', 'x', { children: ['deep'] })}`],
          [1, job('b', 'x')],
          [1, `w${job('deep', 'a')}`],
        ],
      },
    ]);

    expect(reply).toBe('.\t');
    expect(after).toMatchObject({
      'job:r': { state: 'waiting-children', pending: '1' },
      'job:x': { state: 'waiting-children', pending: '2', priority: '5', parent: `-${own('r')}` },
      'children:x': { [own('a')]: 'p', [own('b')]: 'p' },
      'job:a': { state: 'waiting-children', pending: '1', parent: `-${own('x')}` },
      'children:a': { [own('deep')]: 'p' },
      'waiting-children': [
        ['r', 1],
        ['x', 2],
        ['a', 3],
      ],
      waiting: ['b', 'deep'],
    });
    expect(after).not.toHaveProperty('staging');
    expect(sentIn(after)).toEqual([]);
  });

  it('tells the parent of children that are there and have ended, and lets it run where none is left', async () => {
    await lab.given({
      jobs: [
        { id: 'x', state: 'completed' },
        { id: 'y', state: 'failed' },
      ],
    });

    const { reply, before, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: [own('x'), own('y')],
        messages: [
          [1, job('x', 'r')],
          [2, job('y', 'r', { policy: 'i' })],
        ],
      },
    ]);

    expect(reply).toBe('.\t');
    expect(after).toMatchObject({
      'body:x': before['body:x'],
      'job:x': { ...(before['job:x'] as object), parent: `-${own('r')}` },
      'job:y': { ...(before['job:y'] as object), parent: `i${own('r')}` },
      'children:r': { [own('x')]: 'c"done"', [own('y')]: 'i"no"' },
      'job:r': { state: 'waiting', pending: '0' },
      waiting: ['r'],
      wake: [['1', 0]],
    });
    expect(after).not.toHaveProperty('waiting-children');
    expect(after.events).toEqual([
      ['added', 'r', 'work', '', 'waiting-children'],
      ['duplicated', 'x'],
      ['duplicated', 'y'],
      ['waiting', 'r', 'waiting-children'],
    ]);
  });

  it('makes unfinished jobs that are there its own, and adds the others', async () => {
    await lab.given({ jobs: [{ id: 'x' }] });

    const { after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: [own('x'), own('y')],
        messages: [
          [1, job('x', 'r')],
          [2, job('y', 'r')],
        ],
      },
    ]);

    expect(after).toMatchObject({
      'job:x': { state: 'waiting', parent: `-${own('r')}` },
      'job:y': { state: 'waiting', parent: `-${own('r')}` },
      waiting: ['x', 'y'],
    });
  });

  it('counts a child as failed that another parent waits for', async () => {
    const old = `-${OTHER}\tq`;
    await lab.given({ jobs: [{ id: 'x', fields: { state: 'waiting', parent: old } }] });

    const { reply, after } = await runAddFlow(lab, [
      { kind: 'root', id: 'r', refs: [own('x')], messages: [[1, job('x', 'r')]] },
    ]);

    expect(reply).toBe('.\t');
    expect(after).toMatchObject({
      'job:x': { state: 'waiting', parent: old },
      'job:r': { state: 'waiting', failedChildren: '1', deferred: '"child here:queue:x failed"' },
      waiting: ['r', 'x'],
    });
    expect((after['children:r'] as Record<string, string>)[own('x')]).toMatch(/^f"There is a job/);
  });

  it('counts a child as failed that comes twice in the tree, under different parents', async () => {
    const { after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: [own('x'), own('y')],
        messages: [
          [1, job('x', 'r', { children: ['same'] })],
          [2, job('y', 'r', { children: ['same'] })],
          [1, `w${job('same', 'x')}`],
          [2, job('same', 'y')],
        ],
      },
    ]);

    expect(after).toMatchObject({
      'job:same': { state: 'waiting', parent: `-${own('x')}` },
      'children:x': { [own('same')]: 'p' },
      'job:y': { state: 'waiting', failedChildren: '1' },
      waiting: ['y', 'same'],
    });
  });

  it('posts the end of a child to a queue that is named otherwise than before', async () => {
    await lab.given({ jobs: [{ id: 'x', state: 'completed' }] });
    await lab.client.hset(lab.keys.of('meta'), 'base', 'before:{queue}:');

    const { reply, after } = await runAddFlow(lab, [
      { kind: 'root', id: 'r', refs: [own('x')], messages: [[1, job('x', 'r')]] },
    ]);

    expect(reply).toBe('+\t');
    expect(after['job:r']).toMatchObject({ state: 'waiting-children', pending: '1' });
    expect(sentIn(after)).toEqual([[HERE, 'settle', 'r', 'x', '-', 'c', '"done"']]);
  });

  it('notes children beyond those that go with the call', async () => {
    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        pending: 2,
        messages: [
          [0, message('', 5, HERE, 'refs', 'r', own('x'), own('y'))],
          [1, `w${job('x', 'r')}`],
          [2, job('y', 'r')],
        ],
      },
    ]);

    expect(reply).toBe('.\t');
    expect(after['job:r']).toEqual({ state: 'waiting-children', pending: '2' });
    expect(after['children:r']).toEqual({ [own('x')]: 'p', [own('y')]: 'p' });
  });

  it('goes to a running job too, without the children that are there', async () => {
    await lab.given({
      jobs: [{ id: '1', state: 'active', fields: { pending: 0 }, children: { [own('x')]: 'c1' } }],
    });

    const { reply, before, after } = await runAddFlow(lab, [
      {
        kind: 'attach',
        id: '1',
        token: 'w:1',
        refs: [own('x'), own('y')],
        messages: [
          [1, job('x', '1', { children: ['below'] })],
          [2, job('y', '1')],
          [1, `w${job('below', 'x')}`],
        ],
      },
    ]);

    expect(reply).toBe('.\t1');
    expect(after).toEqual({
      ...before,
      'job:1': { ...(before['job:1'] as object), pending: '1' },
      'children:1': { [own('x')]: 'c1', [own('y')]: 'p' },
      'body:y': `${FLOW_TIME}\n${BODY}`,
      'job:y': { state: 'waiting', parent: `-${own('1')}` },
      waiting: ['y'],
      wake: [['1', 0]],
      meta: { ...(before.meta as object), base: HERE },
      events: [['added', 'y', 'work']],
      'writer:a': '1\n.\t1',
    });
  });

  it.each([
    ['under another token', { id: '1', token: 'w:2' }, 'stale'],
    ['of no job', { id: 'none' }, 'missing'],
    ['that are all there', { id: '2' }, '.\t1'],
  ])('writes nothing of children %s', async (_case, call, word) => {
    await lab.given({
      jobs: [
        { id: '1', state: 'active' },
        { id: '2', state: 'active', fields: { pending: 1 }, children: { [own('x')]: 'p' } },
      ],
    });

    const { reply, before, after } = await runAddFlow(lab, [
      { kind: 'attach', refs: [own('x')], messages: [[1, job('x', call.id)]], ...call },
    ]);

    expect(reply).toBe(word);
    expect(after).toEqual({ ...before, 'writer:a': `1\n${word}` });
  });

  it('answers a repeated call as the first time, and adds nothing again', async () => {
    const flow = { kind: 'root', id: 'r', refs: [own('x')], messages: [[1, job('x', 'r')]] } as const;

    const first = await runAddFlow(lab, [flow]);
    const again = await runAddFlow(lab, [flow]);

    expect(again.reply).toBe('.\t');
    expect(again.after).toEqual(first.after);
  });

  it('wakes nobody in a paused queue', async () => {
    await lab.given({ paused: true });

    const { after } = await runAddFlow(lab, [
      { kind: 'root', id: 'r', refs: [own('x')], messages: [[1, job('x', 'r')]] },
    ]);

    expect(after.waiting).toEqual(['x']);
    expect(after).not.toHaveProperty('wake');
  });

  it('is posted as a whole where one of its jobs is in another queue', async () => {
    const { reply, after } = await runAddFlow(lab, [
      {
        kind: 'root',
        id: 'r',
        refs: [own('x'), REFS[1]!],
        messages: [
          [1, job('x', 'r')],
          [2, child('y')],
        ],
      },
    ]);

    expect(reply).toBe('+\t');
    expect(after).not.toHaveProperty('body:x');
    expect(sentIn(after).map(([target, kind, id]) => [target, kind, id])).toEqual([
      [HERE, 'add', 'x'],
      [OTHER, 'add', 'y'],
    ]);
  });

  it('is posted where it is more than a call still brings at once, and those beside it are brought', async () => {
    const flowOf = (root: string, count: number): FlowCall => {
      const ids = Array.from({ length: count }, (_, i) => `${root}${i + 1}`);
      return {
        kind: 'root',
        id: root,
        refs: ids.map(own),
        messages: ids.map((id, i) => [i + 1, job(id, root)]),
      };
    };

    const flows = [flowOf('large', 251), flowOf('r', 150), flowOf('s', 101), flowOf('t', 100)];
    const { reply, after } = await runAddFlow(lab, flows);

    expect(reply).toBe('+\t\n.\t\n+\t\n.\t');
    expect(after.waiting).toHaveLength(150 + 100);
    expect(sentIn(after)).toHaveLength(251 + 101);
  });

  it.each([
    ['what it is to do', message('', 6, HERE, 'sing', 'x')],
    ['what a job asks for', message('', 6, HERE, 'add', 'x', 'soon', `-${own('r')}`, 0, BODY)],
    ['how many children it has', message('', 6, HERE, 'add', 'x', '', `-${own('r')}`, '-1', BODY)],
  ])('is refused where it cannot be read %s', async (_case, text) => {
    const good = { kind: 'root', id: 's', refs: [own('y')], messages: [[1, job('y', 's')]] } as const;

    const call = runAddFlow(lab, [good, { kind: 'root', id: 'r', refs: [own('x')], messages: [[1, text]] }]);

    await expect(call).rejects.toThrow('a flow cannot be read');
    expect(await lab.dump()).toEqual({});
  });
});
