import { type Duration, parseDuration } from '../../job/parse-duration.js';
import { addSchedule, type ScheduleOptions } from './schedule-options.js';

/**
 * As `@Cron`, at an interval: milliseconds, or a text such as `'30s'`, `'5m'` or `'1h'`.
 *
 * @throws {InvalidOptionError} for anything else
 *
 * @example
 * @Process('report')
 * @Every('1m', { overlap: 'skip' })
 * report() { … }
 */
export function Every(interval: Duration, options: ScheduleOptions = {}): MethodDecorator {
  return addSchedule('@Every', { every: parseDuration('interval of @Every', interval) }, options);
}
