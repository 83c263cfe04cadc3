import { describe, expect, it } from '@jest/globals';
import type { RepeatOptions } from '../../lib/engine.js';
import { ScheduleLab } from '../support/schedule-lab.js';

const START = Date.UTC(2026, 2, 2, 12, 0, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const lab = ScheduleLab.open(START);

describe('upsertJobScheduler', () => {
  it('brings a job for each slot of every, and answers with the next one', async () => {
    const queue = lab.queue();

    const job = await queue.upsertJobScheduler('tick', { every: MINUTE }, { name: 'beat', data: { a: 1 } });
    lab.worker();
    await lab.time.advance(3 * MINUTE + 1000);

    expect(job).toMatchObject({
      id: `repeat:tick:${START}`,
      name: 'beat',
      data: { a: 1 },
      repeatJobKey: 'tick',
      delay: 0,
      timestamp: START,
      opts: { repeat: { every: MINUTE, count: 1 }, prevMillis: START },
    });
    expect(lab.slots()).toEqual([0, MINUTE, 2 * MINUTE, 3 * MINUTE]);
    expect(lab.ran.every(({ at, slot }) => at - slot < 10)).toBe(true);
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
    const queue = lab.queue();

    const job = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'Europe/Berlin' });
    lab.worker();
    await lab.time.advance('7d');

    expect(job).toMatchObject({ name: 'nightly', data: {}, delay: 14 * HOUR });
    expect(lab.ran).toHaveLength(7);
    expect(lab.ran[0]?.slot).toBe(14 * HOUR);
    expect(lab.ran[1]?.slot).toBe(38 * HOUR);
    expect(await queue.getJobScheduler('nightly')).toMatchObject({
      pattern: '0 3 * * *',
      tz: 'Europe/Berlin',
      iterationCount: 8,
    });
  });

  it('makes no job beyond its limit or end, and stays listed', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('three', { every: MINUTE, limit: 3 });
    await queue.upsertJobScheduler('end', { pattern: '* * * * *', endDate: START + 2 * MINUTE });
    const none = await queue.upsertJobScheduler('none', { every: MINUTE, limit: 0 });
    lab.worker();

    await lab.time.advance('1h');

    expect(none).toBeUndefined();
    expect(lab.slots('three')).toEqual([0, MINUTE, 2 * MINUTE]);
    expect(lab.slots('end')).toEqual([MINUTE, 2 * MINUTE]);
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
    await lab.queue().upsertJobScheduler('one', repeat);
    lab.worker();

    await lab.time.advance(100 * MINUTE);

    expect(lab.slots()).toEqual(expected);
  });

  it('leaves out what passed while nothing ran, and tells how much', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('tick', { every: MINUTE });
    await queue.upsertJobScheduler('cron', { pattern: '* * * * *', tz: 'UTC' });
    await lab.time.advance(100 * MINUTE + 30_000);
    lab.worker();
    await lab.time.advance('2m');

    expect(lab.slots('tick')).toEqual([0, 101 * MINUTE, 102 * MINUTE]);
    expect(lab.slots('cron')).toEqual([MINUTE, 101 * MINUTE, 102 * MINUTE]);
  });

  it.each(['every', 'pattern'])('makes up for what passed when asked to: %s', async (kind) => {
    const queue = lab.queue();
    const when: RepeatOptions =
      kind === 'every' ? { every: MINUTE, startDate: START + MINUTE } : { pattern: '* * * * *' };
    await queue.upsertJobScheduler('all', { ...when, missed: 'all' });
    await queue.upsertJobScheduler('some', { ...when, missed: 'all', atMost: 2 });
    await queue.upsertJobScheduler('last', { ...when, missed: 'last' });
    await lab.time.advance(40 * MINUTE + 30_000);
    lab.worker();
    await lab.time.advance('1m');

    const runs = (id: string) => lab.slots(id).map((slot) => slot / MINUTE);
    expect(runs('all')).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
    expect(runs('some')).toEqual([1, 39, 40, 41]);
    expect(runs('last')).toEqual([1, 40, 41]);
  });

  it('keeps the slot when nothing but the template changes, and starts over with another every', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('tick', { every: HOUR }, { data: 1 });
    const worker = lab.worker();
    await lab.time.advance('10m');
    await worker.close();

    const same = await queue.upsertJobScheduler('tick', { every: HOUR }, { data: 2 });
    await lab.time.advance('10m');
    const other = await queue.upsertJobScheduler('tick', { every: 2 * HOUR }, { data: 3 });

    expect(same).toMatchObject({
      id: `repeat:tick:${START + HOUR}`,
      data: 2,
      opts: { repeat: { count: 1 } },
    });
    expect(other).toMatchObject({ id: `repeat:tick:${START + 20 * MINUTE}`, data: 3 });
    expect(await queue.count()).toBe(1);
    expect(await queue.getJobScheduler('tick')).toMatchObject({ iterationCount: 2 });
  });

  it('goes on over a slot that has a job already', async () => {
    const queue = lab.queue();
    const job = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' });
    lab.worker();
    await job?.promote();
    await lab.time.advance('1m');

    const next = await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *', tz: 'UTC' });

    expect(lab.slots()).toEqual([15 * HOUR]);
    expect(next?.opts.prevMillis).toBe(START + 39 * HOUR);
  });

  it('goes on after a retry, a stall and a failure, with one job a slot', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('tick', { every: MINUTE }, { opts: { attempts: 3, backoff: 1000 } });
    lab.worker({}, () => {
      throw new Error('no');
    });

    await lab.time.advance(2 * MINUTE + 30_000);

    expect(lab.slots()).toEqual([0, 0, 0, MINUTE, MINUTE, MINUTE, 2 * MINUTE, 2 * MINUTE, 2 * MINUTE]);
    const [failed] = await queue.getFailed();
    await failed?.retry();
    await lab.time.advance(1000);
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
    const queue = lab.queue();
    await queue.upsertJobScheduler('slow', { every: MINUTE, overlap });
    const done: (() => void)[] = [];
    lab.worker({ concurrency: 9 }, () => new Promise<void>((resolve) => done.push(resolve)));
    for (let half = 0; half < 10; half += 1) {
      await lab.time.advance(30_000);
      if (half === 4) {
        done.shift()?.();
        await lab.time.settle();
      }
    }
    const { length } = lab.ran;
    for (const end of done) end();
    await lab.time.settle();

    expect(lab.ran.slice(0, expected.length).map(({ slot }) => slot / MINUTE)).toEqual(expected);
    expect(lab.ran.slice(0, expected.length).map(({ at: ms }) => Math.floor(ms / 30_000) / 2)).toEqual(at);
    expect(length).toBeGreaterThan(0);
  });
});

describe('a month in virtual time', () => {
  it('fires what is due, in order, the change to summer time included', async () => {
    const queue = lab.queue();
    await queue.upsertJobScheduler('night', { pattern: '30 2 * * *', tz: 'Europe/Berlin' });
    await queue.upsertJobScheduler('week', { pattern: '0 9 * * 1', tz: 'Europe/Berlin' });
    await queue.upsertJobScheduler('month', { pattern: '0 0 1 * *', tz: 'Europe/Berlin' });
    lab.worker();

    await lab.time.advance('1 month');

    const times = (id: string) =>
      lab.slots(id).map((slot) => new Date(START + slot).toISOString().slice(5, 16));
    expect(times('week')).toEqual(['03-09T08:00', '03-16T08:00', '03-23T08:00', '03-30T07:00']);
    expect(times('month')).toEqual(['03-31T22:00']);
    expect(times('night')).toHaveLength(31);
    expect(times('night').slice(24, 29)).toEqual([
      '03-27T01:30',
      '03-28T01:30',
      '03-29T01:30',
      '03-30T00:30',
      '03-31T00:30',
    ]);
    const order = lab.ran.map(({ at }) => at);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(lab.ran.every(({ at, slot }) => at >= slot && at - slot < 1000)).toBe(true);
    expect(lab.time.now).toBe(Date.UTC(2026, 3, 2, 12));
  }, 60_000);
});
