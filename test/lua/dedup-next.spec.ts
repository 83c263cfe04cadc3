import { describe, expect, it } from '@jest/globals';
import { recoverStalled, retryJob } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { LOCK_MS, runCommit } from '../support/commit-call.js';
import { addDedup, dedupBody, type DedupJob } from '../support/dedup-call.js';
import { bringOwner, OWNER_DELAY_MS } from '../support/dedup-owner.js';
import type { QueueDump } from '../support/dump-queue.js';
import { ScriptLab, SEED_TIME, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();

const KEEP = { keepLastIfActive: true };
const NOW = SEED_TIME + 2000;

/** Job 1 is active, and this job is kept for after it. */
async function givenNext(next: DedupJob): Promise<void> {
  await bringOwner(lab, 'active', KEEP);
  await addDedup(lab, [{ ...KEEP, ...next }], { now: SEED_TIME + 100, writer: 'next' });
  await lab.client.del(lab.keys.of('wake'));
}

const complete = (keep = '', now = NOW): Promise<Trial> =>
  runCommit(lab, [['complete', '1', 'w:1', '"done"', keep]], { now });
const fail = (): Promise<Trial> =>
  runCommit(lab, [['fail', '1', 'w:1', '"no"', '[]', '', '1']], { now: NOW });

const fieldsOf = (dump: QueueDump, id: string): Record<string, string> =>
  dump[`job:${id}`] as Record<string, string>;
const eventsOf = (dump: QueueDump): string[][] => dump.events as string[][];
const completed = ['completed', '1', '"done"'];

const WAITING = { state: 'waiting', dedup: 'd' };

/** How the next job may be asked for, its id then, where it goes and the columns of its event. */
const NEXT: [string, DedupJob, string, (seq: number) => QueueDump, string[]][] = [
  ['nothing', { data: '[1]' }, '2', () => ({ waiting: ['2'], 'job:2': WAITING }), []],
  ['an id of its own', { id: 'mine' }, 'mine', () => ({ waiting: ['mine'], 'job:mine': WAITING }), []],
  [
    'a priority',
    { priority: 9 },
    '2',
    (seq) => ({
      prioritized: [['2', 9 * 2 ** 32 + 2 ** 31 + seq]],
      'job:2': { state: 'prioritized', priority: '9', dedup: 'd' },
      meta: { id: '2', seq: String(seq) },
    }),
    [],
  ],
  [
    'a delay, which begins now',
    { delay: 700 },
    '2',
    (seq) => ({
      delayed: [['2', NOW + 700 + seq / 4096]],
      'job:2': { state: 'delayed', dedup: 'd' },
      meta: { id: '2', seq: String(seq) },
    }),
    [String(NOW + 700)],
  ],
];

describe('the job that was kept', () => {
  it.each(NEXT)('is added when the owner has completed, with %s', async (_, job, id, place, due) => {
    await givenNext(job);

    const { before, after } = await complete();

    const meta = { ...(before.meta as Record<string, string>), seq: '1' };
    expect(after).toEqual({
      ...before,
      ...{ meta, ...place(2) },
      active: undefined,
      completed: [['1', 1]],
      'job:1': {
        ...fieldsOf(before, '1'),
        state: 'completed',
        finishedOn: String(NOW),
        attemptsMade: '1',
        result: '"done"',
      },
      [`body:${id}`]: `${NOW}\n${dedupBody({ ...KEEP, ...job })}`,
      'dedup:d': { owner: id },
      events: [...eventsOf(before), ['added', id, 'work', ...due], completed],
      ...(due.length === 0 && { wake: [['1', 0]] }),
      'writer:a': '1\nok\n',
    });
  });

  it.each(NEXT)(
    'is added when the owner has completed and is not kept, with %s',
    async (_, job, id, place, due) => {
      await givenNext(job);

      const { before, after } = await complete('0,,');

      expect(after).toEqual({
        ...before,
        ...place(1),
        active: undefined,
        'job:1': undefined,
        'body:1': undefined,
        [`body:${id}`]: `${NOW}\n${dedupBody({ ...KEEP, ...job })}`,
        'dedup:d': { owner: id },
        events: [...eventsOf(before), ['added', id, 'work', ...due], completed],
        ...(due.length === 0 && { wake: [['1', 0]] }),
        'writer:a': '1\nok\n',
      });
    },
  );

  it('is added when the owner has failed for good', async () => {
    await givenNext({});

    const { before, after } = await fail();

    expect(after).toMatchObject({
      waiting: ['2'],
      failed: [['1', 1]],
      'job:2': WAITING,
      'dedup:d': { owner: '2' },
      wake: [['1', 0]],
      events: [
        ...eventsOf(before),
        ['added', '2', 'work'],
        ['failed', '1', '"no"'],
        ['retries-exhausted', '1', '1'],
      ],
    });
  });

  it('is added when the owner has stalled too often', async () => {
    await givenNext({});
    const expired = SEED_TIME + 1 + LOCK_MS;

    const { after } = await lab.run(recoverStalled, [expired, 'r', LOCK_MS, 0, 1e6, 1000, 2000, 1]);
    expect(after['dedup:d']).toMatchObject({ owner: '1', nextId: '2' });
    const failed = await runCommit(lab, [['fail', '1', 'r:2', '"stalled"', '[]', '', '']], {
      now: expired + 1,
    });

    expect(failed.after).toMatchObject({
      waiting: ['2'],
      failed: [['1', 1]],
      'job:2': WAITING,
      'dedup:d': { owner: '2' },
    });
  });

  it('goes to the front where it asked for that', async () => {
    await givenNext({ lifo: true });
    await runAdd(lab, [{}], { writer: 'other' });

    expect((await complete()).after.waiting).toEqual(['2', '3']);
  });

  it('is the newest of several, and gets its number even where others were added since', async () => {
    await givenNext({ data: '"older"' });
    await addDedup(lab, [{ ...KEEP, data: '"newest"' }], { now: SEED_TIME + 200, writer: 'newest' });
    await runAdd(lab, [{}], { writer: 'other' });

    const { after } = await complete();

    expect(after).toMatchObject({ waiting: ['4', '3'], 'dedup:d': { owner: '3' } });
    expect(after['body:3']).toMatch(/"newest"$/);
    expect(Object.keys(after)).not.toContain('body:2');
  });

  it('may be one whose rule has a ttl, which means nothing then', async () => {
    await givenNext({ ttl: 1 });

    const { after } = await complete();

    expect(after['dedup:d']).toEqual({ owner: '2' });
  });

  it('is kept by a throttle too, which then lasts until the owner has finished', async () => {
    await bringOwner(lab, 'active', { ttl: 60_000 });
    const kept = await addDedup(lab, [KEEP], { now: SEED_TIME + 100, writer: 'next' });
    expect(kept.after['dedup:d']).not.toHaveProperty('until');
    expect(await lab.ttlMs('dedup:d')).toBe(-1);

    const { after } = await complete();

    expect(after).toMatchObject({ waiting: ['2'], 'dedup:d': { owner: '2' } });
  });

  it('gets a number where its id has been given away meanwhile', async () => {
    await givenNext({ id: 'mine' });
    await runAdd(lab, [{ id: 'mine', data: '"theirs"' }], { writer: 'other' });

    const { before, after } = await complete();

    expect(after).toMatchObject({
      meta: { id: '2' },
      waiting: ['mine', '2'],
      'body:mine': before['body:mine'],
      'body:2': `${NOW}\n${dedupBody({ ...KEEP, id: 'mine' })}`,
      'job:2': WAITING,
      'dedup:d': { owner: '2' },
    });
    expect(eventsOf(after)).toContainEqual(['added', '2', 'work']);
  });

  it('waits in a paused queue without waking anyone', async () => {
    await givenNext({});
    await lab.client.hset(lab.keys.of('meta'), 'paused', 1);

    const { after } = await complete();

    expect(after.waiting).toEqual(['2']);
    expect(after).not.toHaveProperty('wake');
  });

  it('is told to the caller where it is the next one that is due', async () => {
    await givenNext({ delay: 700 });

    expect(await complete()).toMatchObject({ dueInMs: 700 });
  });

  it('is the next owner: one more is kept for after it', async () => {
    await givenNext({});
    await complete();

    const { words, after } = await addDedup(lab, [KEEP], { now: NOW + 1, writer: 'b' });

    expect(words).toEqual(['~2']);
    expect(after['dedup:d']).toMatchObject({ owner: '2', nextId: '3' });
  });

  it('is added once, however often the call comes', async () => {
    await givenNext({});

    const first = await complete();
    const again = await complete('', NOW + 1);

    expect(again.after).toEqual(first.after);
  });
});

describe('the owner', () => {
  const given: [string, () => Promise<unknown>][] = [
    [
      'is tried again at once',
      () => runCommit(lab, [['retry', '1', 'w:1', '"no"', '[]', '0', '']], { now: NOW }),
    ],
    [
      'is tried again later',
      () => runCommit(lab, [['retry', '1', 'w:1', '"no"', '[]', '500', '']], { now: NOW }),
    ],
    ['sleeps', () => runCommit(lab, [['postpone', '1', 'w:1', '500']], { now: NOW })],
    ['stalls', () => lab.run(recoverStalled, [SEED_TIME + 1 + LOCK_MS, 'r', LOCK_MS, 1, 1e6, 1000, 2000, 1])],
    [
      'is finished by one who has lost it',
      () => runCommit(lab, [['complete', '1', 'w:9', '1', '']], { now: NOW }),
    ],
  ];

  it.each(given)('keeps its deduplication and the next job when it %s', async (_, happens) => {
    await givenNext({});
    const { before, after } = { before: await lab.dump(), after: (await happens(), await lab.dump()) };

    expect(after['dedup:d']).toEqual(before['dedup:d']);
    expect(Object.keys(after)).not.toContain('job:2');
  });

  it('that was retried by hand after its end neither takes the key back nor ends what it protects', async () => {
    await givenNext({});
    await fail();
    await lab.run(retryJob, [NOW + 1, 'b', '1', '1', 'failed', 0, 0, 0]);
    expect(await lab.audit()).toEqual([]);

    await runCommit(lab, [], { now: NOW + 2, seq: '2', want: 2 });
    const { after } = await runCommit(lab, [['complete', '1', 'w:2', '1', '']], { now: NOW + 3, seq: '3' });

    expect(after['dedup:d']).toEqual({ owner: '2' });
  });

  it('is gone, and so is what was kept: the next add begins anew', async () => {
    await givenNext({});
    await lab.client.del(...['active', 'body:1', 'job:1'].map((name) => lab.keys.base + name));

    const { words, after } = await addDedup(lab, [KEEP], { now: SEED_TIME + OWNER_DELAY_MS });

    expect(words).toEqual(['+3']);
    expect(after['dedup:d']).toEqual({ owner: '3' });
  });
});
