import { InvalidOptionError } from '../../job/errors.js';
import { systemRuntime } from '../../runtime/system-runtime.js';
import { parseCron } from '../../schedule/slots.js';
import type { RepeatOptions } from './types.js';

/**
 * The first time of a cron pattern after a moment, and after the start date; undefined where there is none, or no pattern. Now
 * with `immediately`. Throws what the parser throws.
 */
export function defaultRepeatStrategy(millis: number, opts: RepeatOptions): number | undefined {
  const { pattern, startDate, endDate, tz, immediately } = opts;
  if (pattern === undefined) {
    return undefined;
  }
  if (immediately) {
    return systemRuntime.now();
  }
  const begin = startDate === undefined ? millis : Math.max(millis, new Date(startDate).getTime());
  const expression = parseCron(pattern, tz, begin, '');
  const next = expression.next().getTime();
  return endDate !== undefined && next > new Date(endDate).getTime() ? undefined : next;
}

/** The next time that a job scheduler with these options brings a job, ms since 1970. */
export function getNextMillis(millis: number, opts: RepeatOptions): number | undefined {
  const { every, pattern, immediately = false } = opts;
  if (every !== undefined && pattern !== undefined) {
    throw new InvalidOptionError('repeat', '{ pattern, every }', 'Use one of both.');
  }
  if (every !== undefined) {
    return Math.floor(millis / every) * every + (immediately ? 0 : every);
  }
  return defaultRepeatStrategy(millis, opts);
}
