import { describe, expect, it } from '@jest/globals';
import {
  changePriority,
  cleanJobs,
  countJobs,
  drainQueue,
  limitQueue,
  listJobs,
  obliterateQueue,
  pauseLimit,
  pauseQueue,
  recoverStalled,
  removeJob,
  setLimit,
} from '../../lib/redis/scripts.generated.js';
import { COMMIT_TIME as NOW, runCommit, type CommitTrial } from '../support/commit-call.js';
import { addCall } from '../support/limited-jobs.js';
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

async function given(
  limit: [concurrency: number, max: number, duration: number],
  count: number,
): Promise<void> {
  await lab.run(setLimit, ['stripe', ...limit, 0, 0]);
  await addCall(lab, ...Array.from({ length: count }, () => ({ limits: ';stripe' })));
}

describe('commit: concurrency of the queue', () => {
  it('is never exceeded, and a free place is taken by the call that frees it', async () => {
    await lab.given({ jobs: ['1', '2', '3', '4'].map((id) => ({ id })) });
    await lab.run(limitQueue, ['concurrency', 2, 0]);
    const first = await fetch();
    expect(ids(first)).toEqual(['1', '2']);
    const none = await fetch({ relay: 1 });
    expect(none).toMatchObject({ jobs: [], limitedForMs: -1 });
    expect(none.after.wake).toEqual(none.before.wake);
    expect(ids(await fetch({}, [complete(first.jobs[0]!)]))).toEqual(['3']);
  });

  it('wakes another worker when who frees a place takes none', async () => {
    await lab.given({ jobs: ['1', '2'].map((id) => ({ id })) });
    await lab.run(limitQueue, ['concurrency', 1, 0]);
    const { jobs } = await fetch();
    await lab.client.del(lab.keys.of('wake'));
    const { after } = await fetch({ want: 0 }, [complete(jobs[0]!)]);
    expect(after.wake).toEqual([['1', 0]]);
  });

  it('takes the place of a removed job whose worker died', async () => {
    await lab.given({ jobs: ['1', '2'].map((id) => ({ id })) });
    await lab.run(limitQueue, ['concurrency', 1, 0]);
    await fetch({ lock: 10 });
    await lab.client.del(lab.keys.of('wake'));
    const { after } = await lab.run(removeJob, [NOW + 100, 'rm', '1', '1']);
    expect(after.wake).toEqual([['1', 0]]);
  });
});

describe('commit: rate of the queue', () => {
  it('goes before the limiter of a worker, whose duration stays', async () => {
    await lab.given({ jobs: ['1', '2', '3', '4'].map((id) => ({ id })) });
    await lab.run(limitQueue, ['rate', 2, 1000]);
    expect(await fetch({ max: 3, duration: 500 })).toMatchObject({ limitedForMs: 500 });
    expect((await lab.dump()).limiter).toMatchObject({ count: '2' });
    const next = await fetch({ now: NOW + 500 });
    expect(ids(next)).toEqual(['3', '4']);
    expect(next.limitedForMs).toBe(1000);
  });
});

describe('commit: a limit that jobs name', () => {
  it('parks what it does not let start, in order, and lets it go where a place is freed', async () => {
    await given([1, 0, 0], 3);
    const first = await fetch();
    expect(ids(first)).toEqual(['1']);
    expect(first.limitedForMs).toBe(0);
    expect(first.after).toMatchObject({
      holders: { 1: 'stripe' },
      'limit:stripe': { running: '1', concurrency: '1' },
      limits: [['stripe', Infinity]],
      'job:2': { state: 'waiting', limits: 'stripe', limitedBy: 'stripe' },
    });
    expect((first.after.limited as [string, number][]).map(([id]) => id)).toEqual(['2', '3']);
    expect(first.after['parked:stripe']).toEqual(first.after.limited);
    expect(await fetch()).toMatchObject({ jobs: [], limitedForMs: -1 });
    const second = await fetch({}, [complete(first.jobs[0]!)]);
    expect(ids(second)).toEqual(['2']);
    expect(second.after['job:2']).not.toHaveProperty('limitedBy');
    expect(second.after['job:2']).not.toHaveProperty('turn');
    const third = await fetch({ want: 0 }, [complete(second.jobs[0]!)]);
    expect(third.after).toMatchObject({ limits: [['stripe', 0]], wake: [['1', 0]] });
    expect(ids(await fetch())).toEqual(['3']);
  });

  it('holds nobody else up', async () => {
    await given([1, 0, 0], 5);
    await lab.given({ jobs: [{ id: '10' }, { id: '11' }] });
    expect(ids(await fetch({ want: 3 }))).toEqual(['1', '10', '11']);
  });

  it('lets so many start in a window, and says when it ends', async () => {
    await given([0, 2, 1000], 5);
    const first = await fetch();
    expect(ids(first)).toEqual(['1', '2']);
    expect(first.dueInMs).toBe(1000);
    expect(ids(await fetch({ now: NOW + 999 }))).toEqual([]);
    const next = await fetch({ now: NOW + 1000 });
    expect(ids(next)).toEqual(['3', '4']);
    expect(next.dueInMs).toBe(1000);
  });

  it('keeps priorities among those that it holds back', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(
      lab,
      { limits: ';stripe' },
      { limits: ';stripe', priority: 5 },
      { limits: ';stripe', priority: 2 },
      { limits: ';stripe' },
    );
    let last = await fetch();
    const order = ids(last);
    for (let i = 0; i < 3; i += 1) {
      last = await fetch({}, [complete(last.jobs[0]!)]);
      order.push(...ids(last));
    }
    expect(order).toEqual(['1', '4', '3', '2']);
  });

  it('lets a job start when all of its limits do', async () => {
    await lab.run(setLimit, ['a', 1, 0, 0, 0, 0]);
    await lab.run(setLimit, ['b', 1, 0, 0, 0, 0]);
    await addCall(lab, { limits: ';b' }, { limits: ';a' }, { limits: ';a;b' }, { limits: ';a' });
    const first = await fetch();
    expect(ids(first)).toEqual(['1', '2']);
    // The third is let go by a, and is parked at b: the place in a is for the fourth.
    const second = await fetch({}, [complete(first.jobs[1]!)]);
    expect(ids(second)).toEqual(['4']);
    expect(second.after['job:3']).toMatchObject({ limitedBy: 'b' });
    const third = await fetch({}, [complete(first.jobs[0]!)]);
    expect(ids(third)).toEqual([]);
    expect(ids(await fetch({}, [complete(second.jobs[0]!)]))).toEqual(['3']);
  });

  it.each([
    ['retry', (id: string, token: string) => ['retry', id, token, '"no"', '[]', '500', '']],
    ['postpone', (id: string, token: string) => ['postpone', id, token, '500']],
    ['fail', (id: string, token: string) => ['fail', id, token, '"no"', '[]', '', '']],
  ])('gets its place back from a job that ends its run by %s', async (_way, entry) => {
    await given([1, 0, 0], 2);
    const { jobs } = await fetch();
    expect(ids(await fetch({}, [entry(jobs[0]!.id, jobs[0]!.token)]))).toEqual(['2']);
  });

  it('gets the place of a dead worker back when the lock ends', async () => {
    await given([1, 0, 0], 2);
    await fetch({ lock: 100 });
    const { after } = await lab.run(recoverStalled, [NOW + 200, 'w2', 30_000, 1, 1e6, 0, 0, 1]);
    expect(after).toMatchObject({ 'limit:stripe': { running: '0' }, limits: [['stripe', 0]] });
    expect(ids(await fetch({ now: NOW + 200 }))).toHaveLength(1);
  });

  it('refuses a job that names a limit which is not there, and leaves others of the call alone', async () => {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    expect(
      await addCall(lab, { limits: ';stripe' }, { limits: ';stripe;nobody' }, { limits: '?later' }),
    ).toEqual(['+1', '!nobody', '+3']);
    expect(ids(await fetch())).toEqual(['1']);
    expect((await lab.dump())['job:3']).toMatchObject({ limitedBy: 'later' });
    await lab.run(setLimit, ['later', 1, 0, 0, 0, 0]);
    expect(ids(await fetch())).toEqual(['3']);
  });

  it('starts those of several limits in the order of the queue', async () => {
    const names = ['c', 'a', 'b'];
    for (const name of names) await lab.run(setLimit, [name, 9, 0, 0, 0, 0]);
    for (const name of names) await lab.run(pauseLimit, [name, 1]);
    await addCall(lab, ...Array.from({ length: 9 }, (_, i) => ({ limits: `;${names[i % 3]}` })));
    await addCall(
      lab,
      ...Array.from({ length: 6 }, (_, i) => ({ limits: `;${names[i % 3]}`, priority: 6 - i })),
    );
    expect(ids(await fetch({ want: 20 }))).toEqual([]);
    for (const name of names) await lab.run(pauseLimit, [name, 0]);

    expect(ids(await fetch({ want: 4 }))).toEqual(['1', '2', '3', '4']);
    expect(ids(await fetch({ want: 20 }))).toEqual([
      '5',
      '6',
      '7',
      '8',
      '9',
      '15',
      '14',
      '13',
      '12',
      '11',
      '10',
    ]);
  });

  it('goes on in order past those of it that another limit holds back', async () => {
    for (const name of ['a', 'b', 'c']) await lab.run(setLimit, [name, 2, 0, 0, 0, 0]);
    for (const name of ['a', 'b', 'c']) await lab.run(pauseLimit, [name, 1]);
    await addCall(
      lab,
      { limits: ';a;b' },
      { limits: ';a;b' },
      { limits: ';a' },
      { limits: ';c' },
      { limits: ';c' },
    );
    await fetch();
    for (const name of ['a', 'c']) await lab.run(pauseLimit, [name, 0]);

    const { jobs, after } = await fetch({ want: 2 });

    expect(jobs.map(({ id }) => id)).toEqual(['3', '4']);
    expect((after['parked:b'] as [string, number][]).map(([id]) => id)).toEqual(['1', '2']);
  });

  it('loses no place to a job whose body is gone', async () => {
    await given([1, 0, 0], 3);
    await lab.client.del(lab.keys.derived('body', '1'));
    const { jobs, after } = await fetch();
    expect(jobs.map(({ id }) => id)).toEqual(['2']);
    expect(after['limit:stripe']).toMatchObject({ running: '1' });
    await lab.client.del(lab.keys.derived('job', '1'));
    expect(ids(await fetch({}, [complete(jobs[0]!)]))).toEqual(['3']);
  });

  it.each([
    ['another kind of key', (key: string) => lab.client.pipeline().del(key).set(key, 'what?').exec()],
    ['a number that is none', (key: string) => lab.client.hset(key, 'concurrency', 'what?')],
    ['a count that is none', (key: string) => lab.client.hset(key, 'running', 'what?')],
  ])(
    'that cannot be read lets nobody go, loses nobody, and is as new when it is set: %s',
    async (_what, spoil) => {
      await given([1, 0, 0], 3);
      await lab.given({ jobs: [{ id: '10' }] });
      const first = await fetch({ want: 1 });
      await spoil(lab.keys.derived('limit', 'stripe'));

      const none = await fetch();
      expect(ids(none)).toEqual(['10']);
      expect(none.after).toMatchObject({
        'limit:stripe': { awaited: '1' },
        limited: [
          ['2', expect.anything()],
          ['3', expect.anything()],
        ],
      });
      await spoil(lab.keys.derived('limit', 'stripe'));
      expect((await lab.run(setLimit, ['stripe', 1, 0, 0, 1, 0])).reply).toBe('ok');
      expect(ids(await fetch())).toEqual([]);
      await spoil(lab.keys.derived('limit', 'stripe'));
      expect(ids(await fetch({}, [complete(first.jobs[0]!)]))).toEqual([]);
      await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
      expect(ids(await fetch())).toEqual(['2']);
    },
  );

  it('starts nothing of a limit while the queue is paused or closed', async () => {
    await given([5, 0, 0], 2);
    await lab.run(pauseQueue, [1]);
    expect(ids(await fetch())).toEqual([]);
    await lab.run(pauseQueue, [0]);
    expect(ids(await fetch())).toEqual(['1', '2']);
  });
});

describe('jobs that wait for a limit', () => {
  async function parked(): Promise<void> {
    await lab.run(setLimit, ['stripe', 1, 0, 0, 0, 0]);
    await addCall(lab, ...[0, 0, 0, 3].map((priority) => ({ limits: ';stripe', priority })));
    await fetch();
    await lab.given({ jobs: [{ id: '10' }] });
  }

  it('are counted and listed as waiting or prioritized, before the others', async () => {
    await parked();
    expect((await lab.run(countJobs, [])).reply).toEqual([3, 1, 0, 1, 0, 0, 0, 0]);
    const list = async (...args: [number, number, number]): Promise<unknown> =>
      (await lab.run(listJobs, args, ['waiting', 'prioritized'])).reply;
    expect(await list(0, -1, 0)).toEqual([['2', '3', '10'], ['4']]);
    expect(await list(0, -1, 1)).toEqual([['10', '3', '2'], ['4']]);
    expect(await list(1, 2, 0)).toEqual([['3', '10'], []]);
    expect(await list(0, 0, 1)).toEqual([['10'], ['4']]);
  });

  it('can be removed, cleaned, drained and given another priority', async () => {
    await parked();
    expect((await lab.run(removeJob, [NOW, 'rm', '1', '2'])).reply).toBe('ok');
    expect((await lab.run(changePriority, [NOW, 'rm', '2', '3', 7, 0])).reply).toBe('ok');
    expect((await lab.run(cleanJobs, [NOW + 10, 'rm', '3', 'limited prioritized', 0, 0, 0])).reply).toBe(
      '-1\n4',
    );
    await fetch();
    expect((await lab.dump()).limited).toEqual([['3', expect.any(Number)]]);
    await lab.run(drainQueue, [NOW, 0, 0, 0, 0, '-inf', '-inf', '1,0,0']);
    expect(await lab.dump()).not.toHaveProperty('limited');
    expect(await lab.dump()).not.toHaveProperty('parked:stripe');
  });

  it('go with the queue', async () => {
    await parked();
    await lab.run(pauseQueue, [1]);
    expect((await lab.run(obliterateQueue, [NOW, 100, 1])).reply).toBe('done');
    expect(Object.keys(await lab.dump()).filter((key) => !/^(events|writer)/.test(key))).toEqual([]);
  });
});
