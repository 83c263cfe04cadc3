import { type Duration, parseDuration } from '../job/parse-duration.js';

/** As `Duration`, or months and years of the calendar: `'1 month'`, `'2 years'`. */
export type CalendarDuration = Duration | `${number} ${'month' | 'months' | 'year' | 'years'}`;

/**
 * When a duration from `now` on is over. A month ends on the same day of the next month by UTC, or on its last day where it is shorter.
 *
 * @throws {InvalidOptionError} for what is none
 */
export function endOf(option: string, duration: CalendarDuration, now: number): number {
  const [, amount, unit] = /^(\d+) (month|year)s?$/.exec(String(duration)) ?? [];
  if (unit === undefined) {
    return now + parseDuration(option, duration as Duration);
  }
  const date = new Date(now);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + Number(amount) * (unit === 'year' ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}
