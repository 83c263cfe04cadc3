import { filter, type OperatorFunction } from 'rxjs';
import type { EventOf, JobEvent, JobEventName } from '../job/job-event.js';

/**
 * Operator: events of these names alone, and of their type.
 *
 * @example
 * events.all$.pipe(ofType('failed', 'stalled')).subscribe(({ jobId }) => alarm(jobId));
 */
export function ofType<E extends JobEventName>(...names: E[]): OperatorFunction<JobEvent, EventOf<E>> {
  const wanted = new Set<string>(names);
  return filter((event): event is EventOf<E> => wanted.has(event.event));
}
