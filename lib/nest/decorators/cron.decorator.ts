import { addSchedule, type ScheduleOptions } from './schedule-options.js';

/**
 * Runs a method with `@Process`, or all steps of a class on the first `@Step`, at the times of a cron expression: once for each,
 * however many instances the application has. The job scheduler is made when the application has started, changed when the decorator
 * changes, and removed when it is gone from the code; see docs/guides/schedules.md.
 *
 * @param pattern five fields, or six with the seconds first
 *
 * @example
 * @Process('tidy')
 * @Cron('0 3 * * *', { tz: 'Europe/Berlin', missed: 'last' })
 * tidy() { … }
 */
export function Cron(pattern: string, options: ScheduleOptions = {}): MethodDecorator {
  return addSchedule('@Cron', { pattern }, options);
}
