import { describe, expect, it } from '@jest/globals';
import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import {
  addJobs,
  changePriority,
  cleanJobs,
  closeGroup,
  countGroups,
  countJobs,
  drainQueue,
  getGroup,
  limitGroup,
  limitQueue,
  listGroups,
  listJobs,
  obliterateQueue,
  pauseGroup,
  pauseLimit,
  pauseQueue,
  promoteJob,
  recoverStalled,
  removeJob,
  setLimit,
} from '../../lib/redis/scripts.generated.js';
import { COMMIT_TIME as NOW, runCommit, type CommitTrial } from '../support/commit-call.js';
import type { QueueDump } from '../support/dump-queue.js';
import { addGrouped, groupedSpec } from '../support/grouped-jobs.js';
import { BODY } from '../support/flow-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
let seq = 1;

const ids = ({ jobs }: CommitTrial): string[] => jobs.map(({ id }) => id);

function fetch(
  options: Parameters<typeof runCommit>[2] = {},
  entries: string[][] = [],
): Promise<CommitTrial> {
  seq += 1;
  return runCommit(lab, entries as never, { want: 10, seq: String(seq), ...options });
}

const complete = ({ id, token }: { id: string; token: string }): string[] => ['complete', id, token, '1', ''];
const list = (group: string, ...names: string[]): { id: string; group: string }[] =>
  names.map((id) => ({ id, group }));
const members = (dump: QueueDump, key: string): string[] =>
  ((dump[key] ?? []) as [string, number][]).map(([id]) => id);
const STATUSES = ['waiting', 'limited', 'maxed', 'paused'];
/** The group keys of a queue. */
const groupKeys = (dump: QueueDump): string[] => Object.keys(dump).filter((key) => key.startsWith('group'));

describe('groups: adding', () => {
  it('stores a job, its membership and the turn of its group', async () => {
    expect(
      await addGrouped(lab, { group: 'a' }, { group: 'a', priority: 3 }, { group: 'b', weight: 4 }),
    ).toEqual(['+1', '+2', '+3']);
    const dump = await lab.dump();
    expect(dump).toMatchObject({
      meta: { id: '3', groups: '3' },
      'job:1': { state: 'waiting', priority: '0,@a' },
      'job:2': { state: 'waiting', priority: '3,@a' },
      'job:3': { state: 'waiting', priority: '0,4@b' },
      'group:b': ',4,,,,,,,,,',
      wake: [['1', 0]],
    });
    expect(dump['grouped:a']).toEqual([
      ['1', 2 ** 31 + 1],
      ['2', 3 * 2 ** 32 + 2 ** 31 + 2],
    ]);
    expect(members(dump, 'groups:waiting')).toEqual(['b', 'a']);
    expect(groupKeys(dump).sort()).toEqual(['group:b', 'grouped:a', 'grouped:b', 'groups:waiting']);
    expect(dump).not.toHaveProperty('waiting');
  });

  it('refuses a job whose group is full, and no other', async () => {
    expect(
      await addGrouped(lab, { group: 'a', most: 1 }, { group: 'a', most: 1 }, { group: 'b', most: 1 }),
    ).toEqual(['+1', '#a', '+3']);
    expect(await addGrouped(lab, { group: 'a', most: 1 }, { group: 'a', most: 2 })).toEqual(['#a', '+5']);
    const { words } = await fetch({ want: 0 }, [['add', '', groupedSpec({ group: 'b', most: 1 }), BODY]]);
    expect(words).toEqual(['#b']);
  });

  it('refuses a whole call where one of its groups would be too large', async () => {
    const whole = (group: string, id = '') => [id, `,,,@,w2,${group}\u001e`, BODY] as const;
    const add = async (...jobs: ReturnType<typeof whole>[]) => {
      seq += 1;
      return lab.run(addJobs, [NOW, 'bulk', String(seq), 1], encodeAddJobs(jobs));
    };
    expect((await add(whole('a'), whole('b'), whole('a'))).reply).toBe(`${NOW}\n+1\n+2\n+3`);
    const refused = await add(whole('b'), whole('a'));
    expect(refused.reply).toBe(`${NOW}\n#a\n#a`);
    const { 'writer:bulk': _writer, ...after } = refused.after;
    const { 'writer:bulk': _before, ...before } = refused.before;
    expect(after).toEqual(before);
    expect((await add(whole('a', '1'), whole('b'))).reply).toBe(`${NOW}\n=1\n+4`);
  });

  it('keeps any text apart', async () => {
    const group = 'a@b,{c}:;é?';
    await addGrouped(lab, { group, limits: '?x' });
    expect((await lab.dump())['job:1']).toMatchObject({ priority: `0,@${group}`, limits: 'x' });
  });
});

describe('groups: turns', () => {
  it('come one after the other, after jobs without a group', async () => {
    await addGrouped(lab, ...list('z', 'z1', 'z2', 'z3'), ...list('a', 'a1', 'a2'), ...list('m', 'm1'));
    await lab.given({ jobs: [{ id: 'plain' }] });
    const { jobs, after } = await fetch({ want: 5 });
    expect(jobs.map(({ id }) => id)).toEqual(['plain', 'z1', 'a1', 'm1', 'z2']);
    expect(after).toMatchObject({
      'groups:holders': { z1: 'z', a1: 'a', m1: 'm', z2: 'z' },
      'group:z': '2,,,,,,,,,,',
      'group:m': '1,,,,,,,,,,',
      meta: { groups: '2' },
    });
    expect(members(after, 'groups:waiting')).toEqual(['a', 'z']);
    expect(after).not.toHaveProperty('grouped:m');
    expect(ids(await fetch())).toEqual(['a2', 'z3']);
  });

  it('are the same one by one', async () => {
    await addGrouped(lab, ...list('z', 'z1', 'z2', 'z3'), ...list('a', 'a1', 'a2'), ...list('m', 'm1'));
    const order: string[] = [];
    for (let i = 0; i < 6; i += 1) order.push(...ids(await fetch({ want: 1 })));
    expect(order).toEqual(['z1', 'a1', 'm1', 'z2', 'a2', 'z3']);
  });

  it.each([1, 4, 12])('are three for a weight of 3 (%d at once)', async (want) => {
    const many = (group: string, weight: number) =>
      Array.from({ length: 12 }, (_, i) => ({ id: `${group}${i}`, group, weight }));
    await addGrouped(lab, ...many('a', 1), ...many('b', 3));
    const order: string[] = [];
    while (order.length < 12) order.push(...ids(await fetch({ want })));
    expect(order.filter((id) => id.startsWith('b')).map((id) => Number(id.slice(1)))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    for (let first = 0; first < 12; first += 4) {
      expect(order.slice(first, first + 4).filter((id) => id.startsWith('a'))).toHaveLength(1);
    }
  });

  it('give a group that comes its first one after at most one of each other', async () => {
    await addGrouped(lab, ...list('big', ...Array.from({ length: 50 }, (_, i) => `big${i}`)));
    await fetch({ want: 20 });
    await addGrouped(lab, ...list('small', 'first'));
    expect(ids(await fetch({ want: 2 }))).toContain('first');
  });

  it('follow priorities within a group', async () => {
    await addGrouped(
      lab,
      { id: 'last', group: 'a', priority: 9 },
      { id: 'third', group: 'a', priority: 2 },
      { id: 'first', group: 'a' },
      { id: 'second', group: 'a' },
    );
    await lab.run(changePriority, [NOW, 'p', '1', 'last', 1, 0]);
    expect((await lab.dump())['job:last']).toMatchObject({ priority: '1,@a' });
    expect(ids(await fetch())).toEqual(['first', 'second', 'last', 'third']);
  });

  it('leave nothing behind', async () => {
    await addGrouped(lab, { id: 'a', group: 'a', weight: 2 }, { id: 'b', group: 'b' });
    const { jobs } = await fetch();
    const { after } = await fetch({}, jobs.map(complete));
    expect(groupKeys(after)).toEqual([]);
    expect(after.meta).not.toHaveProperty('groups');
    expect(after.meta).not.toHaveProperty('turn');
  });
});

describe('groups: limits of each', () => {
  it('let so many of a group run, and the next when one ends', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1'));
    const first = await fetch({ groups: '1,,,' });
    expect(ids(first)).toEqual(['a1', 'b1']);
    expect(members(first.after, 'groups:maxed')).toEqual(['a']);
    expect(await fetch({ groups: '1,,,' })).toMatchObject({ jobs: [], limitedForMs: -1 });
    const b = await fetch({ groups: '1,,,' }, [complete(first.jobs[1]!)]);
    expect(ids(b)).toEqual([]);
    expect(b.after.events).not.toContain('drained');
    const second = await fetch({ groups: '1,,,' }, [complete(first.jobs[0]!)]);
    expect(ids(second)).toEqual(['a2']);
  });

  it('wake another worker when who frees a place takes none', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2'));
    const { jobs } = await fetch({ groups: '1,,,' });
    await lab.client.del(lab.keys.of('wake'));
    const { after } = await fetch({ want: 0, groups: '1,,,' }, [complete(jobs[0]!)]);
    expect(after).toMatchObject({ wake: [['1', 0]] });
    expect(members(after, 'groups:waiting')).toEqual(['a']);
  });

  it('let so many of a group start in a window, and say when it ends', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1'));
    const first = await fetch({ groups: ',2,1000,' });
    expect(ids(first)).toEqual(['a1', 'b1', 'a2']);
    expect(first.after).toMatchObject({
      'groups:limited': [['a', NOW + 1000]],
      'group:a': `2,,,,,,2,${NOW + 1000},1000,,`,
    });
    expect(first.dueInMs).toBe(1000);
    expect(ids(await fetch({ now: NOW + 999, groups: ',2,1000,' }))).toEqual([]);
    expect(ids(await fetch({ now: NOW + 1000, groups: ',2,1000,' }))).toEqual(['a3']);
  });

  it('keep the window of a group that has emptied, until it ends', async () => {
    await addGrouped(lab, ...list('a', 'a1'));
    const { jobs } = await fetch({ groups: ',1,1000,' });
    const { after } = await fetch({ groups: ',1,1000,', now: NOW + 10 }, jobs.map(complete));
    expect(after['group:a']).toBe(`,,,,,,1,${NOW + 1000},1000,,`);
    expect(await lab.ttlMs('group:a')).toBeGreaterThan(0);
    await addGrouped(lab, ...list('a', 'a2'));
    expect(ids(await fetch({ groups: ',1,1000,', now: NOW + 20 }))).toEqual([]);
    expect(ids(await fetch({ groups: ',1,1000,', now: NOW + 1000 }))).toEqual(['a2']);
  });

  it('are those of its own where it has some', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1', 'b2'));
    await lab.run(limitGroup, [NOW, 'a', 'concurrency', 2, 0]);
    expect(ids(await fetch({ groups: '1,,,' }))).toEqual(['a1', 'b1', 'a2']);
    expect((await lab.run(limitGroup, [NOW, 'a', 'concurrency', 2, 0])).reply).toBe('unchanged');
    await lab.client.del(lab.keys.of('wake'));
    const { after } = await lab.run(limitGroup, [NOW, 'a', 'concurrency', 3, 0]);
    expect(after).toMatchObject({ wake: [['1', 0]], 'groups:kept': [['a', 0]] });
    expect(ids(await fetch({ groups: '1,,,' }))).toEqual(['a3']);
    await lab.run(limitGroup, [NOW, 'a', 'concurrency', 0, 0]);
    expect(await lab.dump()).not.toHaveProperty('groups:kept');
    await lab.run(limitGroup, [NOW, 'b', 'rate', 5, 500]);
    expect((await lab.dump())['group:b']).toBe('1,,,5,500,,,,,,');
  });

  it('hold together with those of the queue and those that jobs name', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addGrouped(
      lab,
      { id: 'a1', group: 'a', limits: ';stripe' },
      { id: 'a2', group: 'a', limits: ';stripe' },
      { id: 'a3', group: 'a' },
      { id: 'b1', group: 'b' },
    );
    await lab.run(limitQueue, ['concurrency', 3, 0]);
    const first = await fetch({ groups: '2,,,' });
    expect(ids(first)).toEqual(['a1', 'b1', 'a3']);
    expect(first.after['job:a2']).toMatchObject({ limitedBy: 'stripe' });
    // Its limit opens, and its group is maxed: it is the first of its group then.
    const { after, jobs } = await fetch({ groups: '1,,,' }, [complete(first.jobs[0]!)]);
    expect(jobs).toEqual([]);
    expect(members(after, 'grouped:a')).toEqual(['a2']);
    expect(ids(await fetch({ groups: '1,,,' }, [complete(first.jobs[2]!)]))).toEqual(['a2']);
  });
});

describe('groups: batches', () => {
  it('of a smallest size count what may start', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1'));
    await lab.given({ jobs: [{ id: 'plain' }] });
    await lab.run(pauseGroup, [NOW, 'b', 1]);
    expect(await fetch({ least: 4, groups: '2,,,' })).toMatchObject({ jobs: [], limitedForMs: -1 });
    await lab.run(pauseGroup, [NOW, 'b', 0]);
    const { jobs, after } = await fetch({ least: 4, groups: '2,,,' });
    expect(jobs.map(({ id }) => id)).toEqual(['plain', 'a1', 'b1', 'a2']);
    expect(after.meta).toMatchObject({ groups: '1' });
  });

  it('are waited for without a wake-up, until more come', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2'));
    await lab.client.del(lab.keys.of('wake'));
    const { jobs, after, before } = await fetch({ least: 3, relay: 1 });
    expect(jobs).toEqual([]);
    expect(after).not.toHaveProperty('wake');
    expect(after['groups:waiting']).toEqual(before['groups:waiting']);
    await addGrouped(lab, ...list('b', 'b1'));
    expect(ids(await fetch({ least: 3 }))).toEqual(['a1', 'b1', 'a2']);
  });

  it('of one group take turns, those of none first', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1', 'b2'));
    await lab.given({ jobs: [{ id: 'plain' }] });
    const order: string[][] = [];
    for (let i = 0; i < 5; i += 1) order.push(ids(await fetch({ want: 2, groups: ',,,1' })));
    expect(order).toEqual([['plain'], ['a1', 'a2'], ['b1', 'b2'], ['a3'], []]);
    expect((await lab.audit()).length).toBe(0);
  });

  it('of one group take more turns by its weight', async () => {
    const many = (group: string, weight: number) =>
      Array.from({ length: 8 }, (_, i) => ({ id: `${group}${i}`, group, weight }));
    await addGrouped(lab, ...many('a', 1), ...many('b', 3));
    const order: string[] = [];
    for (let i = 0; i < 4; i += 1) order.push(ids(await fetch({ want: 2, groups: ',,,1' })).join('+'));
    expect(order.toSorted()).toEqual(['a0+a1', 'b0+b1', 'b2+b3', 'b4+b5']);
  });

  it('of one group go by its limits, and leave a marker for those of others', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2', 'a3'), ...list('b', 'b1'));
    await lab.client.del(lab.keys.of('wake'));
    const { jobs, after } = await fetch({ groups: '2,,,1' });
    expect(jobs.map(({ id }) => id)).toEqual(['a1', 'a2']);
    expect(after).toMatchObject({ wake: [['1', 0]], 'group:a': '2,,,,,,,,,,' });
    expect(members(after, 'groups:maxed')).toEqual(['a']);
    expect(ids(await fetch({ groups: '2,,,1' }))).toEqual(['b1']);
  });

  it('of one group and a smallest size pass over what is smaller', async () => {
    await addGrouped(lab, ...list('a', 'a1'), ...list('b', 'b1', 'b2', 'b3'), ...list('c', 'c1', 'c2'));
    await lab.given({ jobs: [{ id: 'plain' }] });
    expect(ids(await fetch({ least: 2, groups: ',,,1' }))).toEqual(['b1', 'b2', 'b3']);
    expect(ids(await fetch({ least: 2, groups: ',,,1' }))).toEqual(['c1', 'c2']);
    await lab.client.del(lab.keys.of('wake'));
    const none = await fetch({ least: 2, relay: 1, groups: ',,,1' });
    expect(none).toMatchObject({ jobs: [], limitedForMs: -1 });
    expect(none.after).not.toHaveProperty('wake');
    expect(ids(await fetch({ groups: ',,,1' }))).toEqual(['plain']);
    expect(ids(await fetch({ groups: ',,,1' }))).toEqual(['a1']);
  });

  it('of one group come from the front of the ring, however many are too small', async () => {
    // As many as keep their order: a fraction of the turn counts up to 4096, two for each here.
    await addGrouped(lab, ...Array.from({ length: 2020 }, (_, i) => ({ group: `g${i}` })));
    await addGrouped(lab, ...list('last', 'l1', 'l2'));
    const first = await fetch({ least: 2, groups: ',,,1' });
    expect({ started: ids(first), dueInMs: first.dueInMs }).toEqual({ started: [], dueInMs: 1000 });
    expect(ids(await fetch({ least: 2, groups: ',,,1' }))).toEqual(['l1', 'l2']);
  });

  it('of one group are not mixed by those that a limit has held', async () => {
    await lab.run(setLimit, ['stripe', 2, 0, 0, 0, 0]);
    await lab.run(pauseLimit, ['stripe', 1]);
    await addGrouped(
      lab,
      { id: 'a1', group: 'a', limits: ';stripe' },
      { id: 'b1', group: 'b', limits: ';stripe' },
      ...list('a', 'a2'),
      ...list('b', 'b2'),
    );
    expect(ids(await fetch({ groups: ',,,1' }))).toEqual(['a2']);
    expect(ids(await fetch({ groups: ',,,1' }))).toEqual(['b2']);
    await lab.run(pauseLimit, ['stripe', 0]);
    await lab.given({ jobs: [{ id: 'plain' }] });
    const order = [];
    for (let i = 0; i < 4; i += 1) order.push(ids(await fetch({ groups: ',,,1' })));
    expect(order).toEqual([['a1'], ['b1'], ['plain'], []]);
    expect((await lab.audit()).length).toBe(0);
  });
});

describe('groups: pausing and closing', () => {
  it('lets no job start until it is resumed', async () => {
    await addGrouped(lab, ...list('a', 'a1'), ...list('b', 'b1'));
    const paused = await lab.run(pauseGroup, [NOW, 'a', 1]);
    expect(paused.reply).toBe('ok');
    expect(paused.after).toMatchObject({ 'groups:paused': [['a', 1]], 'group:a': ',,,,,1,,,,,' });
    expect((await lab.run(pauseGroup, [NOW, 'a', 1])).reply).toBe('unchanged');
    expect(ids(await fetch())).toEqual(['b1']);
    await addGrouped(lab, ...list('a', 'a2'));
    expect(ids(await fetch())).toEqual([]);
    await lab.client.del(lab.keys.of('wake'));
    expect((await lab.run(pauseGroup, [NOW, 'a', 0])).after).toMatchObject({ wake: [['1', 0]] });
    expect((await lab.run(pauseGroup, [NOW, 'a', 0])).reply).toBe('unchanged');
    expect(ids(await fetch())).toEqual(['a1', 'a2']);
  });

  it('holds for one that has no jobs', async () => {
    await lab.run(pauseGroup, [NOW, 'a', 1]);
    expect((await lab.dump())['groups:paused']).toEqual([['a', 0]]);
    await addGrouped(lab, ...list('a', 'a1'));
    expect((await lab.dump())['groups:paused']).toEqual([['a', 1]]);
    expect(await fetch()).toMatchObject({ jobs: [], limitedForMs: -1 });
    await lab.run(removeJob, [NOW, 'rm', '1', 'a1']);
    expect((await lab.dump())['groups:paused']).toEqual([['a', 0]]);
  });

  it('is not closed for no time', async () => {
    await addGrouped(lab, ...list('a', 'a1'));

    const { before, after } = await lab.run(closeGroup, [NOW, 'a', 0]);

    expect(after).toEqual(before);
  });

  it('closes one for some time, from its job', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2'), ...list('b', 'b1', 'b2'));
    const { jobs } = await fetch({ want: 1 });
    const { after } = await lab.run(closeGroup, [NOW, 'a', 500]);
    expect(after['groups:limited']).toEqual([['a', NOW + 500]]);
    const given = await fetch({}, [['postpone', 'a1', jobs[0]!.token, '0']]);
    expect(ids(given)).toEqual(['b1', 'b2']);
    expect(given.dueInMs).toBe(500);
    expect(members(given.after, 'grouped:a')).toEqual(['a1', 'a2']);
    expect(ids(await fetch({ now: NOW + 500 }))).toEqual(['a1', 'a2']);
  });
});

describe('groups: what happens to their jobs', () => {
  it('come back to their group after a retry, a delay or a stall', async () => {
    await addGrouped(
      lab,
      { id: 'a1', group: 'a', weight: 3 },
      { id: 'late', group: 'a', weight: 3, delay: 50_000 },
    );
    const first = await fetch();
    expect(ids(first)).toEqual(['a1']);
    const retried = await fetch({ want: 0 }, [['retry', 'a1', first.jobs[0]!.token, '"no"', '[]', '0', '']]);
    expect(retried.after).toMatchObject({ 'group:a': ',3,,,,,,,,,', meta: { groups: '1' } });
    const again = await fetch({ lock: 10 });
    await lab.run(recoverStalled, [NOW + 100, 'r', 1000, 9, 1e9, 0, 0, 1]);
    expect(members(await lab.dump(), 'grouped:a')).toEqual(['a1']);
    const last = await fetch({ now: NOW + 200 });
    expect(ids(last)).toEqual(['a1']);
    expect(again.jobs[0]!.fields).toContain('0,3@a');
    const empty = await fetch({ now: NOW + 200, want: 0 }, last.jobs.map(complete));
    expect(groupKeys(empty.after)).toEqual([]);
    // The group comes back with its weight, and is found by the very call that promotes its job.
    const promoted = await fetch({ now: NOW + 60_000 });
    expect(ids(promoted)).toEqual(['late']);
    expect(promoted.after['group:a']).toBe('1,3,,,,,,,,,');
  });

  it('are promoted into it', async () => {
    await addGrouped(lab, { id: 'late', group: 'a', delay: 50_000 });
    expect((await lab.run(promoteJob, [NOW, 'p', '1', 'late'])).reply).toBe('ok');
    expect(members(await lab.dump(), 'grouped:a')).toEqual(['late']);
  });

  it('are counted, listed, explained and removed', async () => {
    await lab.given({ jobs: [{ id: 'plain' }] });
    await addGrouped(lab, ...list('a', 'a1', 'a2'), ...list('b', 'b1'), ...list('c', 'c1'));
    await lab.run(pauseGroup, [NOW, 'c', 1]);
    expect((await lab.run(countJobs, [])).reply).toEqual([5, 0, 0, 0, 0, 0, 0, 0]);
    expect((await lab.run(countGroups, [])).reply).toEqual([2, 0, 0, 1, 4]);
    expect((await lab.run(listGroups, ['', 0, -1])).reply).toEqual([
      'waiting',
      'a',
      'waiting',
      'b',
      'paused',
      'c',
    ]);
    expect((await lab.run(listGroups, ['', 1, 2])).reply).toEqual(['waiting', 'b', 'paused', 'c']);
    expect((await lab.run(listGroups, ['paused', 0, 0])).reply).toEqual(['paused', 'c']);
    const listed = async (start: number, stop: number, descending = 0) =>
      (await lab.run(listJobs, [start, stop, descending], ['waiting'])).reply;
    expect(await listed(0, -1)).toEqual([['plain', 'a1', 'a2', 'b1', 'c1']]);
    expect(await listed(2, 3)).toEqual([['a2', 'b1']]);
    expect(await listed(0, 1, 1)).toEqual([['c1', 'b1']]);
    expect((await lab.run(listJobs, [0, 0, 0], ['group a'])).reply).toEqual([['a1']]);
    expect((await lab.run(getGroup, [NOW, 'a'], ['0', '1'])).reply).toEqual([
      ['a', 'waiting', 2, 0, 1, '', '', '', 0, 0, 0, 0, 0, 0, 0],
      ...[2, 0],
    ]);
    await lab.run(removeJob, [NOW, 'rm', '1', 'b1']);
    expect(members(await lab.dump(), 'groups:waiting')).toEqual(['a']);
    const { reply } = await lab.run(cleanJobs, [NOW, 'cl', '1', 'group a', 0, 0, 0]);
    expect(String(reply).split('\n').slice(1)).toEqual(['a1', 'a2']);
    expect((await lab.dump()).meta).toMatchObject({ groups: '1' });
  });

  it('wait for a limit, and count for the size of their group until they are let go', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await lab.run(pauseLimit, ['stripe', 1]);
    const held = ['a1', 'a2', 'b1'].map((id) => ({ id, group: id[0]!, limits: ';stripe' }));
    await addGrouped(lab, ...held, { id: 'a3', group: 'a' });
    const { after, jobs } = await fetch();
    expect(jobs.map(({ id }) => id)).toEqual(['a3']);
    expect(members(after, 'sidelined:a')).toEqual(['a1', 'a2']);
    expect(await addGrouped(lab, { group: 'a', most: 2 }, { group: 'b', most: 2 })).toEqual(['#a', '+2']);
    const whole = [['', ',,,@,w2,b\u001e', BODY] as const];
    expect((await lab.run(addJobs, [NOW, 'bulk', '1', 1], encodeAddJobs(whole))).reply).toBe(`${NOW}\n#b`);
    expect((await lab.run(getGroup, [NOW, 'a'], [])).reply).toEqual([
      ['a', '', 0, 1, 1, '', '', '', 0, 0, 0, 0, 0, 0, 2],
    ]);
    await lab.run(pauseLimit, ['stripe', 0]);
    const opened = await fetch({}, [complete(jobs[0]!)]);
    expect(ids(opened)).toEqual(['a1', '2']);
    expect(members(opened.after, 'sidelined:a')).toEqual(['a2']);
  });

  it('are deleted where they wait for a limit, those of one group or of all, and no others', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await lab.run(pauseLimit, ['stripe', 1]);
    const limits = ';stripe';
    const held = ['a1', 'a2', 'b1', 'c1'].map((id) => ({ id, group: id[0]!, limits }));
    await addGrouped(lab, ...held);
    await lab.given({ jobs: [{ id: 'plain', fields: { limits: 'stripe' } }] });
    await fetch();
    const clean = async (place: string) => {
      seq += 1;
      const { reply, after } = await lab.run(cleanJobs, [NOW, 'cl', String(seq), place, 0, 0, 0]);
      return { removed: String(reply).split('\n').slice(1), after };
    };
    const one = await clean('sidelined a');
    expect(one.removed).toEqual(['a1', 'a2']);
    expect(one.after.events).toEqual(expect.arrayContaining([['removed', 'a1', 'waiting']]));
    expect(members(one.after, 'limited')).toEqual(['plain', 'b1', 'c1']);
    await lab.run(changePriority, [NOW, 'ch', '1', 'c1', 2, 0]);
    expect(await lab.dump()).not.toHaveProperty('sidelined:c');
    const { removed, after } = await clean('sidelined ');
    expect(removed).toEqual(['b1']);
    expect(members(after, 'parked:stripe')).toEqual(['plain']);
    expect(Object.keys(after).filter((key) => key.startsWith('sidelined'))).toEqual([]);
  });

  it('are drained with the others, but for those added since', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2'), ...list('b', 'b1'), ...list('c', 'c1'));
    await lab.run(pauseGroup, [NOW, 'c', 1]);
    const first = await lab.run(drainQueue, [NOW, 0, 0, 0, 0, '-inf', '-inf', '1,0,0']);
    expect((first.reply as unknown[]).slice(0, 2)).toEqual([4, 4]);
    const [, , begun, left, passed, ...places] = first.reply as [
      number,
      number,
      number,
      number,
      number,
      ...string[],
    ];
    await addGrouped(lab, ...list('a', 'new'));
    const second = await lab.run(drainQueue, [
      NOW,
      0,
      begun,
      left,
      passed,
      ...(places as [string, string, string]),
    ]);
    expect((second.reply as number[])[0]).toBe(0);
    expect(groupKeys(second.after).sort()).toEqual([
      'group:c',
      'grouped:a',
      'groups:paused',
      'groups:waiting',
    ]);
  });

  it('go with an obliterated queue, with all that was set for groups', async () => {
    await addGrouped(lab, ...list('a', 'a1', 'a2'), ...list('b', 'b1'));
    await lab.run(limitGroup, [NOW, 'x', 'rate', 1, 1000]);
    await lab.run(pauseGroup, [NOW, 'y', 1]);
    await fetch({ want: 1 });
    await lab.run(pauseQueue, [1]);
    const replies: unknown[] = [];
    while (replies.at(-1) !== 'done') replies.push((await lab.run(obliterateQueue, [NOW, 2, 1])).reply);
    expect(Object.keys(await lab.dump()).filter((key) => !/^(?:events|writer:)/.test(key))).toEqual([]);
  });

  it('forgets what was set for one', async () => {
    await addGrouped(lab, ...list('a', 'a1'));
    await lab.run(limitGroup, [NOW, 'a', 'rate', 1, 1000]);
    await lab.run(pauseGroup, [NOW, 'a', 1]);
    const { after } = await lab.run(limitGroup, [NOW, 'a', 'all', 0, 0]);
    expect(groupKeys(after).sort()).toEqual(['grouped:a', 'groups:waiting']);
    expect(STATUSES).toHaveLength(4);
  });
});
