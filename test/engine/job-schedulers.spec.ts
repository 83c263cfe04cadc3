import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Queue,
  type QueueOptions,
  type RepeatOptions,
  Worker,
  type WorkerOptions,
} from '../../lib/engine.js';
import { createTimeTravel, type TimeTravel } from '../../lib/testing/index.js';
import { connectTestRedis, testRedisUrl } from '../support/redis.js';
import { auditQueue } from '../support/audit-queue.js';

const START = Date.UTC(2026, 2, 2, 12, 0, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let time: TimeTravel;
let closing: (() => Promise<void>)[];
const names = new Set<string>();

beforeEach(async () => {
  closing = [];
  time = await createTimeTravel({ redis: testRedisUrl(), start: START, patienceMs: 50 });
});

afterEach(async () => {
  const violations: string[] = [];
  const client = connectTestRedis();
  const prefix = (time.connection as unknown as { options: { keyPrefix: string } }).options?.keyPrefix ?? '';
  for (const name of names) violations.push(...(await auditQueue(client, `${prefix}stepwell`, name)));
  await client.quit();
  for (const close of closing.toReversed()) await close();
  await time.close();
  // oxlint-disable-next-line jest/no-standalone-expect -- runs after each test
  expect(violations).toEqual([]);
});

function queueOf(opts: Partial<QueueOptions> = {}): Queue {
  const queue = new Queue('clock', { connection: time.connection, ...opts });
  names.add('clock');
  closing.push(() => queue.close());
  return queue;
}

interface Ran {
  at: number;
  id: string;
  slot: number;
}

/** Notes when which slot ran. */
function workerOf(
  ran: Ran[],
  opts: Partial<WorkerOptions> = {},
  work: (slot: number) => Promise<unknown> | unknown = () => undefined,
): Worker {
  const worker = new Worker(
    'clock',
    async (job) => {
      const slot = job.opts.prevMillis ?? 0;
      ran.push({ at: time.now - START, id: job.id, slot: slot - START });
      await work(slot);
    },
    { connection: time.connection, ...opts },
  );
  closing.push(() => worker.close());
  return worker;
}

const slots = (ran: Ran[]): number[] => ran.map(({ slot }) => slot);

describe('upsertJobScheduler', () => {
  it('brings a job for each slot of every, and answers with the next one', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];

    const job = await queue.upsertJobScheduler('tick', { every: MINUTE }, { name: 'beat', data: { a: 1 } });
    workerOf(ran);
    await time.advance(3 * MINUTE + 1000);

    expect(job).toMatchObject({
      id: `repeat:tick:${START}`,
      name: 'beat',
      data: { a: 1 },
      repeatJobKey: 'tick',
      delay: 0,
      timestamp: START,
      opts: { repeat: { every: MINUTE, count: 1 }, prevMillis: START },
    });
    expect(slots(ran)).toEqual([0, MINUTE, 2 * MINUTE, 3 * MINUTE]);
    expect(ran.every(({ at, slot }) => at - slot < 10)).toBe(true);
    expect(await queue.getDelayedCount()).toBe(1);
    expect(await queue.getJobScheduler('tick')).toEqual({
      key: 'tick',
      name: 'beat',
      every: MINUTE,
      next: START + 4 * MINUTE,
      iterationCount: 5,
      template: { data: { a: 1 } },
    });
  });

  it('brings the matches of a pattern in its zone', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];

    const job = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'Europe/Berlin' });
    workerOf(ran);
    await time.advance('21d');

    expect(job).toMatchObject({ name: 'nightly', data: {}, delay: 14 * HOUR });
    expect(ran).toHaveLength(21);
    expect(ran[0]?.slot).toBe(14 * HOUR);
    expect(ran[1]?.slot).toBe(38 * HOUR);
    expect(await queue.getJobScheduler('nightly')).toMatchObject({
      pattern: '0 3 * * *',
      tz: 'Europe/Berlin',
      iterationCount: 22,
    });
  });

  it('makes no job beyond its limit or end, and stays listed', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];
    await queue.upsertJobScheduler('three', { every: MINUTE, limit: 3 });
    await queue.upsertJobScheduler('end', { pattern: '* * * * *', endDate: START + 2 * MINUTE });
    const none = await queue.upsertJobScheduler('none', { every: MINUTE, limit: 0 });
    workerOf(ran);

    await time.advance('1h');

    expect(none).toBeUndefined();
    const runs = (id: string) => slots(ran.filter((run) => run.id.startsWith(`repeat:${id}:`)));
    expect(runs('three')).toEqual([0, MINUTE, 2 * MINUTE]);
    expect(runs('end')).toEqual([MINUTE, 2 * MINUTE]);
    expect(await queue.getJobSchedulersCount()).toBe(3);
    expect(await queue.getJobScheduler('end')).toMatchObject({ next: START + 2 * MINUTE });
    expect(await queue.count()).toBe(0);
  });

  it.each<[RepeatOptions, number[]]>([
    [{ every: HOUR, offset: 10 * MINUTE }, [10 * MINUTE, 70 * MINUTE]],
    [{ every: HOUR, startDate: START + 5 * MINUTE }, [5 * MINUTE, 65 * MINUTE]],
    [{ pattern: '30 * * * *', startDate: START + HOUR }, [90 * MINUTE]],
    [{ pattern: '30 * * * *', immediately: true }, [0, 30 * MINUTE, 90 * MINUTE]],
    [{ every: HOUR, immediately: true }, [0, HOUR]],
  ])('begins where %p says', async (repeat, expected) => {
    const ran: Ran[] = [];
    await queueOf().upsertJobScheduler('one', repeat);
    workerOf(ran);

    await time.advance(100 * MINUTE);

    expect(slots(ran)).toEqual(expected);
  });

  it('leaves out what passed while nothing ran, and tells how much', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];
    await queue.upsertJobScheduler('tick', { every: MINUTE });
    await queue.upsertJobScheduler('cron', { pattern: '* * * * *', tz: 'UTC' });
    await time.advance(100 * MINUTE + 30_000);
    workerOf(ran);
    await time.advance('2m');

    const runs = (id: string) => slots(ran.filter((run) => run.id.startsWith(`repeat:${id}:`)));
    expect(runs('tick')).toEqual([0, 101 * MINUTE, 102 * MINUTE]);
    expect(runs('cron')).toEqual([MINUTE, 101 * MINUTE, 102 * MINUTE]);
  });

  it.each(['every', 'pattern'])('makes up for what passed when asked to: %s', async (kind) => {
    const queue = queueOf();
    const ran: Ran[] = [];
    const when: RepeatOptions =
      kind === 'every' ? { every: MINUTE, startDate: START + MINUTE } : { pattern: '* * * * *' };
    await queue.upsertJobScheduler('all', { ...when, missed: 'all' });
    await queue.upsertJobScheduler('some', { ...when, missed: 'all', atMost: 2 });
    await queue.upsertJobScheduler('last', { ...when, missed: 'last' });
    await time.advance(40 * MINUTE + 30_000);
    workerOf(ran);
    await time.advance('1m');

    const runs = (id: string) =>
      slots(ran.filter((run) => run.id.startsWith(`repeat:${id}:`))).map((slot) => slot / MINUTE);
    expect(runs('all')).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
    expect(runs('some')).toEqual([1, 39, 40, 41]);
    expect(runs('last')).toEqual([1, 40, 41]);
  });

  it('keeps the slot when nothing but the template changes, and starts over with another every', async () => {
    const queue = queueOf();
    await queue.upsertJobScheduler('tick', { every: HOUR }, { data: 1 });
    const ran: Ran[] = [];
    const worker = workerOf(ran);
    await time.advance('10m');
    await worker.close();

    const same = await queue.upsertJobScheduler('tick', { every: HOUR }, { data: 2 });
    await time.advance('10m');
    const other = await queue.upsertJobScheduler('tick', { every: 2 * HOUR }, { data: 3 });

    expect(same).toMatchObject({
      id: `repeat:tick:${START + HOUR}`,
      data: 2,
      opts: { repeat: { count: 1 } },
    });
    expect(other).toMatchObject({ id: `repeat:tick:${START + 20 * MINUTE}`, data: 3 });
    expect(await queue.count()).toBe(1);
    expect(await queue.getJobScheduler('tick')).toMatchObject({ iterationCount: 4 });
  });

  it('goes on over a slot that has a job already', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];
    const job = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' });
    workerOf(ran);
    await job?.promote();
    await time.advance('1m');

    const next = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' });

    expect(slots(ran)).toEqual([15 * HOUR]);
    expect(next?.opts.prevMillis).toBe(START + 39 * HOUR);
  });

  it('goes on after a retry, a stall and a failure, with one job a slot', async () => {
    const queue = queueOf();
    const ran: Ran[] = [];
    await queue.upsertJobScheduler('tick', { every: MINUTE }, { opts: { attempts: 3, backoff: 1000 } });
    workerOf(ran, {}, () => {
      throw new Error('no');
    });

    await time.advance(2 * MINUTE + 30_000);

    expect(slots(ran)).toEqual([0, 0, 0, MINUTE, MINUTE, MINUTE, 2 * MINUTE, 2 * MINUTE, 2 * MINUTE]);
    const [failed] = await queue.getFailed();
    await failed?.retry();
    await time.advance(1000);
    expect(await queue.getDelayedCount()).toBeLessThanOrEqual(2);
    expect((await queue.getJobScheduler('tick'))?.iterationCount).toBe(4);
  });
});

describe('overlap', () => {
  it.each<['allow' | 'skip' | 'queue', number[], number[]]>([
    ['allow', [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]],
    ['skip', [0, 3], [0, 3]],
    ['queue', [0, 1, 3], [0, 2.5, 5]],
  ])('%s', async (overlap, expected, at) => {
    const ran: Ran[] = [];
    const queue = queueOf();
    await queue.upsertJobScheduler('slow', { every: MINUTE, overlap });
    const done: (() => void)[] = [];
    workerOf(ran, { concurrency: 9 }, () => new Promise<void>((resolve) => done.push(resolve)));
    for (let half = 0; half < 10; half += 1) {
      await time.advance(30_000);
      if (half === 4) {
        done.shift()?.();
        await time.settle();
      }
    }
    const { length } = ran;
    for (const end of done) end();
    await time.settle();

    expect(ran.slice(0, expected.length).map(({ slot }) => slot / MINUTE)).toEqual(expected);
    expect(ran.slice(0, expected.length).map(({ at: ms }) => Math.floor(ms / 30_000) / 2)).toEqual(at);
    expect(length).toBeGreaterThan(0);
  });
});
