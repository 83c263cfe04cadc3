import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { JobEvent } from '../job/job-event.js';

/**
 * Operator: events of one job alone. It goes through all of them; `QueueEvents.watch` does not, and begins with how the
 * job is.
 *
 * @example
 * events.progress$.pipe(forJob(job.id)).subscribe(({ data }) => console.log(data));
 */
export function forJob<T extends JobEvent>(id: string): MonoTypeOperatorFunction<T> {
  return filter((event) => 'jobId' in event && event.jobId === id);
}
