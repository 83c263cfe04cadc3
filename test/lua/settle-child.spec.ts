import { messageText } from '../../lib/job/wire.generated.js';
import { describe, expect, it } from '@jest/globals';
import type { ListedState } from '../../lib/job/job-state.js';
import { FLOW_TIME, HERE, noted, OTHER, runReceive } from '../support/flow-call.js';
import type { QueueDump } from '../support/dump-queue.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const REF = `${OTHER}\tx`;
const SHOWN = 'other:queue:x';
const REASON = `"child ${SHOWN} failed"`;

type Outcome = 'c' | 'f' | 'r';

const settle = (policy: string, outcome: Outcome, payload = '"out"', id = 'x'): string =>
  messageText(['settle', 'p', id, policy, outcome, payload]);

const POLICIES = ['-', 'f', 'c', 'i', 'r'];
const OUTCOMES = ['c', 'f', 'r'] as const;
const STATES: ListedState[] = [
  'waiting-children',
  'active',
  'waiting',
  'prioritized',
  'delayed',
  'completed',
  'failed',
];

/** What becomes of the child's entry. */
function entryAfter(policy: string, outcome: Outcome): string | undefined {
  if (outcome === 'c') return 'c"out"';
  if (outcome === 'r' || policy === 'r') return undefined;
  return { '-': 'p', f: 'f"out"', c: 'i"out"', i: 'i"out"' }[policy];
}

/** Where the parent is afterwards, which waited for `others` besides. */
function stateAfter(state: ListedState, policy: string, outcome: Outcome, others: number): ListedState {
  const fails = outcome === 'f' && policy === 'f';
  const told = outcome === 'f' && policy === '-';
  if (state === 'delayed') return fails ? 'waiting' : 'delayed';
  if (state !== 'waiting-children' || told) return state;
  const at_once = fails || (outcome === 'f' && policy === 'c');
  return others === 0 || at_once ? 'waiting' : 'waiting-children';
}

const CASES = STATES.flatMap((state) =>
  OUTCOMES.flatMap((outcome) =>
    POLICIES.flatMap((policy) => [0, 1].map((others) => [state, outcome, policy, others] as const)),
  ),
);

describe('the end of a child', () => {
  const given = (state: ListedState, others: number, more: Partial<SeedJob> = {}): Promise<void> =>
    lab.given({
      jobs: [
        {
          id: 'p',
          state,
          priority: 0,
          children: { [REF]: 'p', ...(others > 0 ? { [`${OTHER}\tother`]: 'p' } : {}) },
          fields: { state, pending: others + 1 },
          ...more,
        },
        { id: 'neighbor' },
      ],
    });

  it.each(CASES)(
    'a parent that is %s: outcome %s, policy %s, %i others',
    async (state, outcome, policy, others) => {
      if (state === 'prioritized') await given(state, others, { priority: 4 });
      else await given(state, others);

      const { before, after } = await runReceive(lab, [settle(policy, outcome)]);

      const entry = entryAfter(policy, outcome);
      const next = stateAfter(state, policy, outcome, others);
      const counted = entry === 'f"out"';
      const ended = state === 'completed' || state === 'failed';
      const fields: Record<string, string> = {
        ...(before['job:p'] as Record<string, string>),
        state: next,
      };
      fields.pending = String(entry === 'p' ? others + 1 : others);
      if (counted) fields.failedChildren = '1';
      if (counted && !ended) fields.deferred = REASON;
      const seq = Number((before.meta as { seq?: string } | undefined)?.seq ?? 0) + 1;
      if (next !== state) Object.assign(fields, { delay: '0', since: String(seq) });
      const children = { ...(before['children:p'] as Record<string, string>) };
      if (entry === undefined) delete children[REF];
      else children[REF] = entry;
      const meta = {
        ...(before.meta as object),
        base: HERE,
        ...(next === state ? {} : { seq: String(seq) }),
      };
      const expected: QueueDump = { ...before, meta, 'job:p': fields, inbox: { [OTHER]: noted(1) } };
      if (Object.keys(children).length > 0) expected['children:p'] = children;
      else delete expected['children:p'];
      if (next !== state) {
        delete expected[state];
        // In front of the job that waits there.
        expected.waiting = ['p', 'neighbor'];
        expected.wake = [['1', 0]];
        expected.events = [['waiting', 'p', state]];
      }
      if (entry === 'p') expected.events = [['child-failed', 'p', SHOWN, '"out"']];
      expect(after).toEqual(expected);
    },
  );

  it('lets a parent with a priority wait in front of its class', async () => {
    await lab.given({
      jobs: [
        { id: 'p', state: 'waiting-children', priority: 4, children: { [REF]: 'p' } },
        { id: 'neighbor', state: 'prioritized', priority: 4 },
      ],
    });

    const { after } = await runReceive(lab, [settle('-', 'c')]);

    expect((after.prioritized as [string, number][]).map(([id]) => id)).toEqual(['p', 'neighbor']);
    expect(after['job:p']).toMatchObject({ state: 'prioritized', pending: '0' });
  });

  it('starts the delay of a parent that has one', async () => {
    await given('waiting-children', 0, { fields: { pending: 1, delay: 700 } });

    const { after } = await runReceive(lab, [settle('-', 'c')]);

    expect(after['job:p']).toMatchObject({ state: 'delayed', delay: '700', pending: '0' });
    expect(Math.floor((after.delayed as [string, number][])[0]![1])).toBe(FLOW_TIME + 700);
    expect(after.events).toEqual([['delayed', 'p', String(FLOW_TIME + 700)]]);
    expect(after.wake).toEqual([['1', 0]]);
  });

  it('ends a delay that another message of the same call began', async () => {
    await given('waiting-children', 1, { fields: { pending: 2, delay: 700 } });

    const { after } = await runReceive(lab, [settle('c', 'f'), settle('f', 'f', '"no"', 'other')]);

    expect(after.delayed).toBeUndefined();
    expect(after.waiting).toEqual(['p', 'neighbor']);
    expect(after['job:p']).toMatchObject({ state: 'waiting', pending: '0', failedChildren: '1' });
  });

  it('lets a parent run once, however many of its children end in one call', async () => {
    await given('waiting-children', 1);

    const { after } = await runReceive(lab, [settle('c', 'f'), settle('i', 'f', '"no"', 'other')]);

    expect(after.waiting).toEqual(['p', 'neighbor']);
    expect(after.events).toEqual([['waiting', 'p', 'waiting-children']]);
  });

  it('settles a child once', async () => {
    await given('waiting-children', 1);
    await runReceive(lab, [settle('-', 'c', '1')]);

    const { before, after } = await runReceive(lab, [settle('f', 'f', '2'), settle('-', 'r')], { first: 2 });

    expect(after).toEqual({ ...before, inbox: { [OTHER]: noted(3) } });
  });

  it('means nothing to a job that is gone, or never had that child', async () => {
    await lab.given({ jobs: [{ id: 'p' }] });

    const { before, after } = await runReceive(lab, [
      settle('f', 'f'),
      messageText(['settle', 'gone', 'x', 'f', 'f', '1']),
      messageText(['relink', 'p', 'x']),
    ]);

    expect(after).toEqual({ ...before, meta: { base: HERE }, inbox: { [OTHER]: noted(3) } });
  });

  it('names a child with quotes in a reason that is JSON', async () => {
    await lab.given({
      jobs: [{ id: 'p', state: 'active', children: { [`${OTHER}\ta"\\b`]: 'p' }, fields: { pending: 1 } }],
    });

    const { after } = await runReceive(lab, [settle('f', 'f', '1', 'a"\\b')]);

    const { deferred } = after['job:p'] as Record<string, string>;
    expect(JSON.parse(deferred!)).toBe('child other:queue:a"\\b failed');
  });

  it.each([
    ['completed', 'c1', {}],
    ['failed and ignored', 'i"no"', {}],
    ['failed and counted', 'f"no"', { failedChildren: 1 }],
  ])('is undone when a child runs again that had %s', async (_case, entry, fields) => {
    await lab.given({
      jobs: [{ id: 'p', state: 'active', children: { [REF]: entry }, fields: { pending: 0, ...fields } }],
    });

    const { before, after } = await runReceive(lab, [messageText(['relink', 'p', 'x'])]);

    expect(after).toEqual({
      ...before,
      meta: { seq: '1', base: HERE },
      'children:p': { [REF]: 'p' },
      'job:p': {
        ...(before['job:p'] as object),
        pending: '1',
        ...('failedChildren' in fields ? { failedChildren: '0' } : {}),
      },
      inbox: { [OTHER]: noted(1) },
    });
  });
});

describe('ends of several children that come at once', () => {
  const parent = (id: string, refs: readonly string[], more: Partial<SeedJob> = {}): SeedJob => ({
    ...{ id, state: 'waiting-children', fields: { pending: refs.length } },
    children: Object.fromEntries(refs.map((ref) => [`${OTHER}\t${ref}`, 'p'])),
    ...more,
  });
  const end = (id: string, child: string, outcome: Outcome, policy = '-'): string =>
    messageText(['settle', id, child, policy, outcome, `"${child}"`]);

  it('come to the same as one after the other, and parents run in the order in which their last ones ended', async () => {
    const seed = {
      jobs: [
        parent('p', ['a', 'b', 'c']),
        parent('q', ['a', 'b', 'c', 'd']),
        parent('u', ['a', 'b']),
        parent('v', ['a', 'b']),
      ],
    };
    const ends = [
      ...[end('p', 'a', 'c'), end('q', 'a', 'c'), end('u', 'a', 'c'), end('q', 'b', 'c'), end('v', 'a', 'c')],
      ...[end('q', 'c', 'f', 'i'), end('p', 'b', 'r'), end('q', 'd', 'c'), end('v', 'b', 'f', 'f')],
      ...[end('p', 'c', 'c'), end('p', 'c', 'c'), messageText(['relink', 'u', 'a']), end('u', 'b', 'c')],
    ];
    await lab.given(seed);
    for (const [i, text] of ends.entries()) await runReceive(lab, [text], { first: i + 1 });
    const { events: _events, ...expected } = await lab.dump();
    await lab.client.del(await lab.client.keys(`${lab.keys.base}*`));
    await lab.given(seed);

    const { events: _told, ...after } = (await runReceive(lab, ends)).after;

    expect(after).toEqual(expected);
    expect(after.waiting).toEqual(['p', 'v', 'q']);
    expect(after['job:u']).toMatchObject({ state: 'waiting-children', pending: '1' });
  });

  it('come to the same where they come in one message', async () => {
    const refs = ['a', 'b', 'c', 'd'];
    const ends: [string, Outcome][] = [
      ['a', 'c'],
      ['b', 'f'],
      ['c', 'c'],
      ['d', 'r'],
    ];
    const seed = { jobs: [parent('p', refs)] };
    await lab.given(seed);
    const texts = ends.map(([child, outcome]) => end('p', child, outcome, 'i'));
    const { events: _events, ...expected } = (await runReceive(lab, texts)).after;
    await lab.client.del(await lab.client.keys(`${lab.keys.base}*`));
    await lab.given(seed);

    const together = ends.flatMap(([child, outcome]) => [child, `${outcome}"${child}"`]);
    const message = messageText(['ends', 'p', 'i', ...together]);
    const { events: _told, ...after } = (await runReceive(lab, [message], { first: 4 })).after;

    expect(after).toEqual(expected);
    expect(after.waiting).toEqual(['p']);
  });

  it('are settled one by one where the record of one cannot be read', async () => {
    await lab.given({
      jobs: [parent('p', ['a', 'b'], { children: { [`${OTHER}\ta`]: 'p', [`${OTHER}\tb`]: 'what?' } })],
    });
    lab.willFind('job p counts 1 pending children of 0', 'job p has a child that is what?');

    const { after } = await runReceive(lab, [end('p', 'a', 'c'), end('p', 'b', 'c')]);

    expect(after['children:p']).toEqual({ [`${OTHER}\ta`]: 'c"a"', [`${OTHER}\tb`]: 'what?' });
    expect(after['job:p']).toMatchObject({
      state: 'waiting',
      deferred: expect.stringContaining('cannot be read'),
    });
  });

  it('fail a parent whose count cannot be read', async () => {
    await lab.given({ jobs: [parent('p', ['a', 'b'], { fields: { pending: 'many' } })] });
    lab.willFind('job p counts many pending children of 0');

    const { after } = await runReceive(lab, [end('p', 'a', 'c'), end('p', 'b', 'c')]);

    expect(after.waiting).toEqual(['p']);
    expect(after['job:p']).toMatchObject({ deferred: expect.stringContaining('cannot be read') });
  });
});
