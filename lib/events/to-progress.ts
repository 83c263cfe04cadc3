import type { OperatorFunction } from 'rxjs';
import type { JobEvent } from '../job/job-event.js';
import type { JobProgress } from '../job/job-progress.js';
import { emitSome } from './emit-some.js';

/**
 * Operator: the progress that jobs report, for a watched job first what it has reported already. Progress of more than
 * 64 KiB is left out of events, and so here.
 *
 * @example
 * events.watch(job.id).pipe(toProgress<number>()).subscribe((percent) => (bar.value = percent));
 */
export function toProgress<P extends JobProgress = JobProgress>(): OperatorFunction<JobEvent, P> {
  return emitSome(
    (event) =>
      (event.event === 'progress' ? event.data : event.event === 'snapshot' ? event.progress : undefined) as
        P | undefined,
  );
}
