import { describe, expect, it } from '@jest/globals';
import { removeChildren } from '../../lib/redis/scripts.generated.js';
import { HERE, historyOf, lineUpTo, message, OTHER } from '../support/flow-call.js';
import { SEED_TIME, ScriptLab, type SeedJob, type Trial } from '../support/script-lab.js';
import { setFields } from '../support/job-fields.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;
const SENT = NOW * 1000 + 1;

type State = NonNullable<SeedJob['state']>;
/** Whether the call is made for a parent that goes on, or for one that is gone. */
const GONE = 0;
const GOES_ON = 1;

interface Child extends Partial<SeedJob> {
  policy?: string;
  base?: string;
  parent?: string;
}

const child = (
  id: string,
  state: State,
  { policy = '-', base = OTHER, parent = 'p', ...more }: Child = {},
): SeedJob => ({ ...more, id, state, fields: { state, parent: `${policy}${base}\t${parent}` } });

const remove = (ids: readonly string[], unfinished: 0 | 1, base = OTHER): Promise<Trial> =>
  lab.run(removeChildren, [NOW, `${base}\tp`, unfinished], ids);

const goneOf = (...ids: string[]): Record<string, undefined> =>
  Object.fromEntries(
    ids.flatMap((id) => [`body:${id}`, `job:${id}`, `logs:${id}`].map((name) => [name, undefined])),
  );

const settle = (id: string, policy: string): string => message('settle', 'p', id, policy, 'r', '');

describe('remove-children, of a parent that is gone', () => {
  it('removes all but those that a worker holds, of any state, and sends no word', async () => {
    await lab.given({
      jobs: [
        child('1', 'waiting'),
        child('2', 'active', { lockUntil: NOW + 5 }),
        child('3', 'active', { lockUntil: NOW }),
        child('4', 'completed', { logs: ['x'] }),
        child('5', 'failed'),
        child('6', 'delayed'),
      ],
    });

    const { reply, before, after } = await remove(['1', '2', '3', '4', '5', '6'], GONE);

    expect(reply).toEqual(['1', '3', '4', '5', '6']);
    expect(after).toEqual({
      ...before,
      ...goneOf('1', '3', '4', '5', '6'),
      waiting: undefined,
      active: [['2', NOW + 5]],
      completed: undefined,
      failed: undefined,
      delayed: undefined,
      events: [
        ['removed', '1', 'waiting'],
        ['removed', '3', 'active'],
        ['removed', '4', 'completed'],
        ['removed', '5', 'failed'],
        ['removed', '6', 'delayed'],
      ],
    });
  });

  it('removes a child with the children that it waits for itself noted', async () => {
    await lab.given({ jobs: [{ ...child('1', 'waiting-children'), fields: { parent: `f${OTHER}\tp` } }] });

    const { reply, before, after } = await remove(['1'], GONE);

    expect(reply).toEqual(['1']);
    expect(after).toEqual({ meta: before.meta, events: [['removed', '1', 'waiting-children']] });
  });

  it('lets a deduplication go with the child that it protects', async () => {
    await lab.given({ jobs: [{ ...child('1', 'waiting'), opts: '{"deduplication":{"id":"d"}}' }] });
    await setFields(lab.client, lab.keys.derived('job', '1'), { dedup: 'd' });
    await lab.client.hset(lab.keys.derived('dedup', 'd'), 'owner', '1');

    const { before, after } = await remove(['1'], GONE);

    expect(after).toEqual({ meta: before.meta, events: [['removed', '1', 'waiting']] });
  });
});

describe('remove-children, of a parent that goes on', () => {
  const jobs = [
    child('1', 'waiting'),
    child('2', 'active', { lockUntil: NOW - 1 }),
    child('3', 'completed'),
    child('4', 'failed'),
    { ...child('5', 'prioritized', { policy: 'f' }), priority: 1 },
  ];

  it('removes those that were not started, and sends it word of each', async () => {
    await lab.given({ jobs });

    const { reply, before, after } = await remove(['1', '2', '3', '4', '5'], GOES_ON);

    const era = `${NOW}.${await historyOf(lab)}`;
    expect(reply).toEqual(['1', '5']);
    expect(after).toEqual({
      ...before,
      ...goneOf('1', '5'),
      waiting: undefined,
      prioritized: undefined,
      [`posted:${OTHER}`]: [message(SENT, era, 10, `${settle('1', '-')}\x1d${settle('5', 'f')}`)],
      outbox: { [OTHER]: lineUpTo(SENT, era) },
      meta: { ...(before.meta as object), sent: String(SENT), era, outbox: '1' },
      events: [
        ['removed', '1', 'waiting'],
        ['removed', '5', 'prioritized'],
      ],
    });
  });

  it('removes nothing and sends nothing at a repeated call', async () => {
    await lab.given({ jobs });
    const first = await remove(['1', '2', '3', '4', '5'], GOES_ON);

    const again = await remove(['1', '2', '3', '4', '5'], GOES_ON);

    expect(again.reply).toEqual([]);
    expect(again.after).toEqual(first.after);
  });

  it('releases a parent of the same queue when its last child is gone, and wakes a worker', async () => {
    const parent: SeedJob = {
      id: 'p',
      state: 'waiting-children',
      children: { [`${HERE}\t1`]: 'p', [`${HERE}\t2`]: 'p' },
      fields: { pending: 2 },
    };
    await lab.given({
      jobs: [parent, child('1', 'delayed', { base: HERE }), child('2', 'waiting', { base: HERE })],
    });
    await lab.client.hset(lab.keys.of('meta'), 'base', HERE);

    const { reply, before, after } = await remove(['1', '2'], GOES_ON, HERE);

    expect(reply).toEqual(['1', '2']);
    expect(after).toEqual({
      'body:p': before['body:p'],
      'job:p': { ...(before['job:p'] as object), state: 'waiting', pending: '0', delay: '0', since: '3' },
      waiting: ['p'],
      meta: { ...(before.meta as object), seq: '3' },
      wake: expect.anything(),
      events: [
        ['removed', '1', 'delayed'],
        ['removed', '2', 'waiting'],
        ['waiting', 'p', 'waiting-children'],
      ],
    });
  });
});

describe('remove-children, of jobs that it must leave alone', () => {
  it.each<[string, SeedJob]>([
    ['a child of another parent', child('1', 'waiting', { parent: 'q' })],
    ['a child of a parent with that id in another queue', child('1', 'waiting', { base: 'third:{queue}:' })],
    ['a job that is nobody’s child', { id: '1' }],
    ['a job that is not there', { id: '2' }],
    ['a child that a worker holds', child('1', 'active', { lockUntil: NOW + 1 })],
  ])('changes nothing of %s', async (_case, job) => {
    await lab.given({ jobs: [job] });

    for (const unfinished of [GONE, GOES_ON] as const) {
      const { reply, before, after } = await remove(['1'], unfinished);

      expect(reply).toEqual([]);
      expect(after).toEqual(before);
    }
  });

  it('changes nothing where no ids are given', async () => {
    await lab.given({ jobs: [child('1', 'waiting')] });

    const { reply, before, after } = await remove([], GONE);

    expect(reply).toEqual([]);
    expect(after).toEqual(before);
  });

  it('removes a job once whose id is given twice', async () => {
    await lab.given({ jobs: [child('1', 'waiting'), child('2', 'waiting')] });

    const { after } = await remove(['1', '1'], GONE);

    expect(after.waiting).toEqual(['2']);
    expect(after.events).toEqual([['removed', '1', 'waiting']]);
  });

  it('takes five hundred ids a call and refuses more', async () => {
    await lab.given({ jobs: [child('1', 'waiting')] });
    const many = Array.from({ length: 501 }, (_, i) => String(i + 1));
    const before = await lab.dump();

    await expect(remove(many, GONE)).rejects.toThrow('too many jobs in one call');

    expect(await lab.dump()).toEqual(before);
    expect((await remove(many.slice(1), GONE)).reply).toEqual([]);
    expect((await remove(many.slice(0, 500), GONE)).reply).toEqual(['1']);
  });
});
