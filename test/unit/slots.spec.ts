import { describe, expect, it } from '@jest/globals';
import type { RepeatOptions } from '../../lib/job/repeat-options.js';
import { checkRepeat } from '../../lib/schedule/check-repeat.js';
import { cronSlots, strategySlots } from '../../lib/schedule/slots.js';

const at = (iso: string): number => Date.parse(iso);

async function following(pattern: string, tz: string, from: string, count: number): Promise<string[]> {
  const source = cronSlots('id', { pattern, tz });
  const found: string[] = [];
  let ms = at(from);
  while (found.length < count) {
    const { slots } = await source.after(ms);
    found.push(...slots.map((slot) => new Date(slot).toISOString().slice(0, 16)));
    ms = slots.at(-1) as number;
  }
  return found.slice(0, count);
}

describe('the slots of a pattern', () => {
  it.each<[string, string, string, string, string[]]>([
    [
      'a time that the spring leaves out runs once, later by the gap',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00Z',
      ['2026-03-08T07:30', '2026-03-09T06:30'],
    ],
    [
      'a time that the autumn has twice runs once, the first time',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'hours follow absolute time in spring',
      '30 * * * *',
      'America/New_York',
      '2026-03-08T06:00Z',
      ['2026-03-08T06:30', '2026-03-08T07:30', '2026-03-08T08:30'],
    ],
    [
      'and in autumn, where they run in both of the same hours',
      '30 * * * *',
      'America/New_York',
      '2026-11-01T05:00Z',
      ['2026-11-01T05:30', '2026-11-01T06:30', '2026-11-01T07:30'],
    ],
    [
      'half hours do so too',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:10Z',
      ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00'],
    ],
    [
      'a midnight that the spring leaves out runs on that day, later by the gap',
      '30 0 * * *',
      'America/Sao_Paulo',
      '2018-11-02T12:00Z',
      ['2018-11-03T03:30', '2018-11-04T03:30', '2018-11-05T02:30'],
    ],
    ['a leap day comes every four years', '0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', ['2028-02-29T00:00']],
    [
      'day of month and weekday are either',
      '0 0 13 * 5',
      'UTC',
      '2026-03-10T00:00Z',
      ['2026-03-13T00:00', '2026-03-20T00:00'],
    ],
    ['seconds come first of six', '15 0 0 1 1 *', 'UTC', '2026-03-10T00:00Z', ['2027-01-01T00:00']],
    ['a week may end with 7', '0 9 * * 7', 'UTC', '2026-03-10T00:00Z', ['2026-03-15T09:00']],
    ['the last day', '0 0 L * *', 'UTC', '2026-02-10T00:00Z', ['2026-02-28T00:00']],
    ['the last Friday', '0 0 * * 5L', 'UTC', '2026-02-10T00:00Z', ['2026-02-27T00:00']],
    ['the second Monday', '0 0 * * 1#2', 'UTC', '2026-03-01T00:00Z', ['2026-03-09T00:00']],
    ['names', '0 0 1 JAN *', 'UTC', '2026-03-01T00:00Z', ['2027-01-01T00:00']],
    ['@daily', '@daily', 'UTC', '2026-03-01T05:00Z', ['2026-03-02T00:00']],
  ])('%s', async (_title, pattern, tz, from, expected) => {
    expect(await following(pattern, tz, from, expected.length)).toEqual(expected);
  });

  it('are few where they are far apart, and cover a day where they are not', async () => {
    const from = at('2026-03-01T00:00Z');

    expect((await cronSlots('id', { pattern: '0 0 1 * *', tz: 'UTC' }).after(from)).slots).toHaveLength(4);
    expect((await cronSlots('id', { pattern: '* * * * *', tz: 'UTC' }).after(from)).slots).toHaveLength(16);
  });

  it('H stands for what follows from the id of the scheduler', async () => {
    const minute = async (id: string) =>
      ((await cronSlots(id, { pattern: 'H * * * *' }).after(0)).slots[0] as number) / 60_000;

    expect(await minute('a')).toBe(await minute('a'));
    expect(new Set(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(minute))).size).toBeGreaterThan(1);
  });

  it('that have passed are the newest, and the others counted', async () => {
    const source = cronSlots('id', { pattern: '0 * * * *', tz: 'UTC' });

    expect(await source.passed(at('2026-03-01T00:00Z'), at('2026-03-01T05:30Z'), 2)).toEqual({
      slots: [at('2026-03-01T04:00Z'), at('2026-03-01T05:00Z')],
      leftOut: 3,
    });
  });
});

describe('the slots of a strategy', () => {
  it('are asked for one after another, until there is none', async () => {
    const asked: number[] = [];
    const source = strategySlots(
      'id',
      { pattern: 'x' },
      (ms) => {
        asked.push(ms);
        return ms < 20 ? ms + 10.5 : undefined;
      },
      'name',
    );

    expect(await source.after(5)).toEqual({ slots: [15, 25], complete: false });
    expect(await source.after(15)).toEqual({ slots: [25], complete: true });
    expect(asked).toEqual([5, 15, 15, 25]);
    await expect(strategySlots('id', {}, (ms) => ms, 'name').after(5)).rejects.toThrow(
      'Invalid settings.repeatStrategy: 5. For the job scheduler id it has to return a time after 5, or undefined.',
    );
  });
});

describe('checkRepeat', () => {
  const NOW = at('2026-03-01T00:00Z');

  it.each<[RepeatOptions, string]>([
    [{}, 'Either .pattern or .every options must be defined for this repeatable job.'],
    [
      { pattern: '* * * * *', every: 5 },
      'Both .pattern and .every options are defined for this repeatable job',
    ],
    [{ every: 0 }, 'Invalid every: 0.'],
    [{ every: 1.5 }, 'Invalid every: 1.5.'],
    [{ every: -1 }, 'Invalid every: -1.'],
    [{ every: '5' as never }, 'Invalid every: "5".'],
    [{ pattern: '' }, 'Invalid pattern: "".'],
    [{ pattern: '* *' }, 'Use five fields'],
    [{ pattern: '0 0 0 1 1 * 2027' }, 'Use five fields'],
    [{ pattern: '0 0 31 2 *' }, 'It never comes: there is no such day.'],
    [{ pattern: '0 0 30 2 *' }, 'It never comes: there is no such day.'],
    [{ pattern: '5-1 * * * *' }, 'Invalid range: 5-1'],
    [{ pattern: '*/0 * * * *' }, 'cannot repeat at every 0 time'],
    [{ pattern: '61 * * * *' }, 'Invalid pattern: "61 * * * *".'],
    [{ pattern: '0 0 15W * *' }, 'Invalid pattern: "0 0 15W * *".'],
    [{ pattern: '@daily', tz: 'Europa/Berlin' }, 'Invalid tz: "Europa/Berlin". Did you mean Europe/Berlin?'],
    [{ every: 5, tz: 'UTC' }, 'It belongs to pattern'],
    [{ every: 5, endDate: NOW }, 'End date must be greater than current timestamp'],
    [{ every: 5, endDate: 'soon' }, 'Invalid endDate: "soon".'],
    [{ every: 5, startDate: NOW + 20, endDate: NOW + 10 }, 'It is after endDate'],
    [{ pattern: '@daily', immediately: true, startDate: NOW }, 'Both .immediately and .startDate options'],
    [{ pattern: '@daily', offset: 5 }, 'It belongs to every'],
    [{ every: 5, offset: 5 }, 'Use less than every'],
    [{ every: 5, limit: -1 }, 'Invalid limit: -1.'],
    [{ every: 5, missed: 'some' as never }, 'Use one of skip, last, all.'],
    [{ every: 5, atMost: 5 }, "It belongs to missed: 'all'."],
    [{ every: 5, missed: 'all', atMost: 1001 }, 'Invalid atMost: 1001.'],
    [{ every: 5, overlap: 'never' as never }, 'Use one of allow, skip, queue.'],
    [{ every: 5, jitter: 5 }, 'Use less than every'],
    [{ every: 5, spread: 9 }, 'Invalid spread: 9.'],
    [{ evry: 5 } as never, 'Did you mean every?'],
    [null as never, 'Use an object such as'],
  ])('refuses %j', (repeat, message) => {
    expect(() => checkRepeat(repeat, false, NOW)).toThrow(message);
  });

  it.each<RepeatOptions>([
    { every: 1 },
    { every: 1, limit: 0, count: 3, immediately: true },
    { pattern: '0 3 * * *', tz: 'US/Eastern', startDate: '2026-04-01', endDate: new Date('2027-01-01') },
  ])('takes %j', (repeat) => {
    expect(() => checkRepeat(repeat, false, NOW)).not.toThrow();
  });

  it('leaves patterns to a strategy', () => {
    expect(() => checkRepeat({ pattern: 'whenever' }, true, NOW)).not.toThrow();
  });
});
