import { type Message, messageText } from '../../lib/job/wire.generated.js';
import { describe, expect, it } from '@jest/globals';
import type { ListedState } from '../../lib/job/job-state.js';
import { BODY, FLOW_TIME, HERE, noted, OTHER, runReceive, sentIn } from '../support/flow-call.js';
import { ScriptLab, type SeedJob } from '../support/script-lab.js';

const lab = ScriptLab.open();
const LINK = `-${OTHER}\tp`;
const SECOND = 'second:{queue}:';

interface Node {
  spec?: string;
  link?: string;
  count?: number;
  refs?: string[];
}

const add = (id: string, { spec = '', link = LINK, count = 0, refs = [] }: Node = {}): string =>
  messageText(['add', id, spec, link, String(count), BODY, ...refs]);

describe('receive', () => {
  it('stores a job of a flow, which knows its parent, and wakes a worker', async () => {
    const { reply, after } = await runReceive(lab, [add('x')]);

    expect(reply).toEqual([-1, '1', 'e', '0', '']);
    expect(after).toEqual({
      'body:x': `${FLOW_TIME}\n${BODY}`,
      'job:x': { state: 'waiting', parent: LINK },
      waiting: ['x'],
      wake: [['1', 0]],
      meta: { base: HERE },
      inbox: { [OTHER]: noted(1) },
      events: [['added', 'x', 'work']],
    });
  });

  it.each([
    ['a delay', '500,,,', 'delayed', { state: 'delayed' }],
    ['a priority', ',3,,', 'prioritized', { state: 'prioritized', priority: '3' }],
    ['the front', ',,1,', 'waiting', { state: 'waiting' }],
  ])('puts a job where it asks to be: %s', async (_case, spec, place, fields) => {
    const { after } = await runReceive(lab, [add('x', { spec })]);

    expect(after[place]).toHaveLength(1);
    expect(after['job:x']).toEqual({ ...fields, parent: LINK });
    expect(after.wake).toEqual([['1', 0]]);
  });

  it('wakes nobody in a paused queue', async () => {
    await lab.given({ paused: true });

    expect((await runReceive(lab, [add('x')])).after.wake).toBeUndefined();
  });

  it('stores a job that waits for children of its own', async () => {
    const refs = [`${SECOND}\ta`, `${SECOND}\tb`];

    const { after } = await runReceive(lab, [add('x', { count: 2, refs, spec: ',5,,' })]);

    expect(after).toEqual({
      'body:x': `${FLOW_TIME}\n${BODY}`,
      'job:x': { state: 'waiting-children', parent: LINK, pending: '2', priority: '5' },
      'children:x': { [refs[0]!]: 'p', [refs[1]!]: 'p' },
      'waiting-children': [['x', 1]],
      meta: { seq: '1', base: HERE },
      inbox: { [OTHER]: noted(1) },
      events: [['added', 'x', 'work', '', 'waiting-children']],
    });
  });

  it('notes further children that were counted before', async () => {
    const refs = [`${SECOND}\ta`, `${SECOND}\tb`, `${SECOND}\tc`];
    await runReceive(lab, [add('x', { count: 3, refs: refs.slice(0, 1) })]);

    const { before, after } = await runReceive(lab, [messageText(['refs', 'x', ...refs.slice(1)])], {
      first: 2,
    });

    expect(before['job:x']).toMatchObject({ pending: '3', promised: '2' });
    expect(Object.keys(after['children:x'] as object).sort()).toEqual(refs);
    expect(after['job:x']).toMatchObject({ pending: '3' });
    expect(after['job:x']).not.toHaveProperty('promised');
  });

  it.each<ListedState>(['waiting', 'active'])(
    'notes no children of a %s job that was promised none: another one had its id',
    async (state) => {
      await lab.given({ jobs: [{ id: 'x', state }] });

      const { before, after } = await runReceive(lab, [messageText(['refs', 'x', `${SECOND}\ta`])]);

      expect(after).toEqual({
        ...before,
        meta: expect.objectContaining({ base: HERE }),
        inbox: { [OTHER]: noted(1) },
      });
    },
  );

  it('notes children once where their parent was removed and added again while messages were under way', async () => {
    const note = messageText(['refs', 'x', `${SECOND}\ta`, `${SECOND}\tb`]);
    await runReceive(lab, [add('x', { count: 2 }), note, note]);

    const end = messageText(['settle', 'x', 'a', '-', 'c', '1']);
    const { after } = await runReceive(lab, [end], { source: SECOND });

    expect(after['job:x']).toMatchObject({ state: 'waiting-children', pending: '1' });
  });

  it('does not count children twice that were there, and lets the parent run if none is left', async () => {
    await lab.given({
      jobs: [
        {
          ...{ id: 'x', state: 'waiting-children', fields: { pending: 1, promised: 1 } },
          children: { [`${SECOND}\ta`]: 'c1' },
        },
      ],
    });

    const { after } = await runReceive(lab, [messageText(['refs', 'x', `${SECOND}\ta`])]);

    expect(after['job:x']).toMatchObject({ pending: '0', state: 'waiting' });
    expect(after.waiting).toEqual(['x']);
  });

  it('leaves out what it has taken before, whoever delivers it again', async () => {
    await runReceive(lab, [add('x'), add('y')], { first: 7 });
    await lab.client.del(lab.keys.derived('body', 'x'), lab.keys.derived('job', 'x'));
    await lab.client.lrem(lab.keys.of('waiting'), 1, 'x');

    const again = await runReceive(lab, [add('x'), add('y')], { first: 7 });
    expect(again.after).toEqual(again.before);
    const more = await runReceive(lab, [add('y'), add('z')], { first: 8 });
    expect(more.after.waiting).toEqual(['y', 'z']);
    expect(more.after.inbox).toEqual({ [OTHER]: noted(9) });
  });

  it('counts each sending queue by itself', async () => {
    await runReceive(lab, [add('x')], { first: 7 });
    const { after } = await runReceive(lab, [add('y')], { source: SECOND });

    expect(after.waiting).toEqual(['x', 'y']);
    expect(after.inbox).toEqual({ [OTHER]: noted(7), [SECOND]: noted(1) });
  });

  it('takes what comes in a new era, whatever its number: the sender has lost its last numbers and gives them again', async () => {
    await runReceive(lab, [add('x')], { first: 7 });

    await runReceive(lab, [add('y')], { first: 3, era: 'f' });
    const { after } = await runReceive(lab, [add('y')], { first: 3, era: 'f' });

    expect(after.waiting).toEqual(['x', 'y']);
    expect(after.inbox).toEqual({ [OTHER]: noted(3, 'f', 7, 'e') });
  });

  it('tells messages of the era before that it had from those that it had not', async () => {
    await runReceive(lab, [add('x')], { first: 7 });
    await runReceive(lab, [add('y')], { first: 3, era: 'f' });

    const { after } = await runReceive(lab, [add('w'), add('x'), add('z')], { first: 6 });

    expect(after.waiting).toEqual(['x', 'y', 'z']);
    expect(after.inbox).toEqual({ [OTHER]: noted(3, 'f', 8, 'e') });
  });

  it.each([
    ['it lacks the one before', 6, 'e', []],
    ['it knows nothing of that era', 5, 'f', []],
    ['it has the one before', 5, 'e', ['x', 'y']],
    ['none is before', 0, '', ['x', 'y']],
  ])('leaves messages alone that follow one it has lost: %s', async (_case, after, afterEra, taken) => {
    await lab.client.hset(lab.keys.of('inbox'), OTHER, noted(5));

    const trial = await runReceive(lab, [add('x'), add('y')], { first: 7, after, afterEra });

    expect(trial.after.waiting ?? []).toEqual(taken);
    const last = taken.length > 0 ? 8 : 5;
    expect(trial.reply).toEqual([-1, String(last), 'e', '0', '']);
  });

  it('keeps for good what an obliterated queue had left to expire', async () => {
    await lab.client.hset(lab.keys.of('inbox'), OTHER, noted(3));
    await lab.client.pexpire(lab.keys.of('inbox'), 60_000);

    await runReceive(lab, [add('y')], { first: 4 });

    expect(await lab.ttlMs('inbox')).toBe(-1);
  });

  it('lays aside what it does not know, which holds up nothing', async () => {
    const { reply, after } = await runReceive(lab, [add('x'), 'sing', 'settle\x1fx', add('y')]);

    expect(reply).toEqual([-1, '4', 'e', '0', '', 2]);
    expect(after).toMatchObject({ waiting: ['x', 'y'], unreadable: ['sing', 'settle\x1fx'] });
  });

  it('takes all messages of an element, and lays aside those of them that it cannot read', async () => {
    const { reply, after } = await runReceive(lab, [[add('x'), 'sing', add('y')].join('\x1d'), add('z')]);

    expect(reply).toEqual([-1, '2', 'e', '0', '', 1]);
    expect(after).toMatchObject({ waiting: ['x', 'y', 'z'], unreadable: ['sing'] });
  });

  it('stores jobs that come together as if each came by itself', async () => {
    const ids = ['a', 'b', 'c'];
    const spec = ',3,,1600000000000';
    const single = await runReceive(
      lab,
      ids.map((id) => add(id, { spec })),
    );
    await lab.client.del(await lab.client.keys(`${lab.keys.base}*`));

    const together = messageText(['adds', spec, LINK, ...ids.flatMap((id) => [id, BODY])]);
    const { after } = await runReceive(lab, [together], { first: 3 });

    expect(after).toEqual(single.after);
    expect(after).toMatchObject({ 'job:b': { state: 'prioritized', priority: '3', parent: LINK } });
  });

  it('takes those that are there for children, beside new ones', async () => {
    await lab.given({ jobs: [{ id: 'b', state: 'completed' }] });

    const together = messageText(['adds', '', LINK, ...['a', 'b', 'c'].flatMap((id) => [id, BODY])]);
    const { after } = await runReceive(lab, [together]);

    expect(after).toMatchObject({
      waiting: ['a', 'c'],
      'job:a': { state: 'waiting', parent: LINK },
      'job:b': { state: 'completed', parent: LINK },
    });
    expect(sentIn(after)).toEqual([[OTHER, 'settle', 'p', 'b', '-', 'c', '"done"']]);
  });

  it.each([
    ['a job without a body', ['adds', '', LINK, 'a', BODY, 'b']],
    ['no job', ['adds', '', LINK]],
    ['no parent', ['adds', '', 'nobody', 'a', BODY]],
    ['what they ask for garbled', ['adds', 'soon', LINK, 'a', BODY]],
    ['a child without an end', ['ends', 'p', '-', 'a']],
  ])('lays aside jobs, or ends, that come together with %s', async (_case, parts) => {
    const { after } = await runReceive(lab, [messageText(parts as unknown as Message)]);

    expect(after).toMatchObject({ unreadable: [parts.join('\x1f')] });
    expect(Object.keys(after).filter((key) => /body|job/.test(key))).toEqual([]);
  });

  it('fails a parent whose count of children cannot be read, and settles those of others', async () => {
    const parent = (id: string, pending: string): SeedJob => ({
      ...{ id, state: 'waiting-children', fields: { pending }, children: { [`${OTHER}\ta`]: 'p' } },
    });
    await lab.given({ jobs: [parent('x', 'many'), parent('y', '1')] });
    lab.willFind('job x counts many pending children of 0');
    const settle = (id: string): string => messageText(['settle', id, 'a', '-', 'c', '1']);

    const { reply, after } = await runReceive(lab, [settle('x'), settle('y')]);

    expect(reply).toEqual([-1, '2', 'e', '0', '']);
    expect(after.waiting).toEqual(['y', 'x']);
    expect(after['job:x']).toMatchObject({ deferred: expect.stringContaining('cannot be read') });
    expect(after['job:y']).not.toHaveProperty('deferred');
  });

  it('takes messages though it cannot be read what was taken before', async () => {
    await lab.client.hset(lab.keys.of('inbox'), OTHER, 'what?');

    expect((await runReceive(lab, [add('x')])).reply).toEqual([-1, '1', 'e', '0', '']);
  });
});

describe('a received job whose id is taken', () => {
  const COMPLETED: SeedJob = { id: 'x', state: 'completed' };
  const FAILED: SeedJob = { id: 'x', state: 'failed' };
  const IN_USE = '"There is a job with this id already, and another parent waits for it."';
  const told = async (job: SeedJob, link = LINK): Promise<string[][]> => {
    await lab.given({ jobs: [job] });
    const { before, after } = await runReceive(lab, [add('x', { link })]);
    expect(after.events).toEqual([['duplicated', 'x']]);
    expect(after['body:x']).toEqual(before['body:x']);
    return sentIn(after);
  };

  it('becomes the child while it is unfinished', async () => {
    expect(await told({ id: 'x' })).toEqual([]);
    expect((await lab.dump())['job:x']).toEqual({ state: 'waiting', parent: LINK });
  });

  it('tells its end at once when it has completed', async () => {
    expect(await told(COMPLETED)).toEqual([[OTHER, 'settle', 'p', 'x', '-', 'c', '"done"']]);
    expect((await lab.dump())['job:x']).toMatchObject({ parent: LINK });
  });

  it('tells its end at once when it has failed, as the new parent wants it', async () => {
    const link = `i${OTHER}\tp`;
    expect(await told(FAILED, link)).toEqual([[OTHER, 'settle', 'p', 'x', 'i', 'f', '"no"']]);
  });

  it('is told of again where it is this very child', async () => {
    expect(await told({ ...COMPLETED, fields: { parent: LINK } })).toEqual([
      [OTHER, 'settle', 'p', 'x', '-', 'c', '"done"'],
    ]);
  });

  it.each([
    ['-', 'f'],
    ['i', 'i'],
    ['f', 'f'],
  ])('fails for a second parent while the first waits for it: %s', async (policy, counted) => {
    const old = `i${SECOND}\tq`;
    const link = `${policy}${OTHER}\tp`;
    expect(await told({ id: 'x', fields: { state: 'waiting', parent: old } }, link)).toEqual([
      [OTHER, 'settle', 'p', 'x', counted, 'f', IN_USE],
    ]);
    expect((await lab.dump())['job:x']).toMatchObject({ parent: old });
  });

  it('also where it has failed and the first parent waits for a retry', async () => {
    const job = { ...FAILED, fields: { parent: `-${SECOND}\tq` } };
    expect(await told(job)).toEqual([[OTHER, 'settle', 'p', 'x', 'f', 'f', IN_USE]]);
  });

  it('goes over to a second parent once the first was told of its end', async () => {
    const job = { ...COMPLETED, fields: { parent: `-${SECOND}\tq` } };
    expect(await told(job)).toEqual([[OTHER, 'settle', 'p', 'x', '-', 'c', '"done"']]);
    expect((await lab.dump())['job:x']).toMatchObject({ parent: LINK });
  });

  it('waits for further children that come with it', async () => {
    await lab.given({
      jobs: [{ id: 'x', state: 'active', fields: { pending: 1 }, children: { [`${SECOND}\ta`]: 'p' } }],
    });

    const refs = [`${SECOND}\ta`, `${SECOND}\tb`];
    const { after } = await runReceive(lab, [add('x', { link: '', count: 2, refs })]);

    expect(after['job:x']).toMatchObject({ pending: '2' });
    expect(after['children:x']).toEqual({ [refs[0]!]: 'p', [refs[1]!]: 'p' });
  });
});
