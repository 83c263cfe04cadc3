import { type OperatorFunction, take } from 'rxjs';
import type { JobEvent } from '../job/job-event.js';
import { emitSome } from './emit-some.js';

/** How a job ended. A failure is a value: what waits for it need not catch anything. */
export type JobOutcome<R = any> =
  | { outcome: 'completed'; jobId: string; returnvalue: R }
  | { outcome: 'failed'; jobId: string; failedReason: string }
  /** It was removed, or is not there. */
  | { outcome: 'removed'; jobId: string };

/**
 * Operator for a watched job: how it ended, as one value, and then the end.
 *
 * @example
 * const end = await firstValueFrom(events.watch(job.id).pipe(whenFinished<Picture>()));
 * if (end.outcome === 'completed') show(end.returnvalue);
 */
export function whenFinished<R = any>(): OperatorFunction<JobEvent, JobOutcome<R>> {
  return (source) => source.pipe(emitSome(outcomeOf<R>), take(1));
}

function outcomeOf<R>(event: JobEvent): JobOutcome<R> | undefined {
  const kind = event.event === 'snapshot' ? event.state : event.event;
  switch (kind) {
    case 'completed': {
      const { jobId, returnvalue } = event as { jobId: string; returnvalue: R };
      return { outcome: 'completed', jobId, returnvalue };
    }
    case 'failed': {
      const { jobId, failedReason = '' } = event as { jobId: string; failedReason?: string };
      return { outcome: 'failed', jobId, failedReason };
    }
    case 'removed':
    case 'unknown':
      return { outcome: 'removed', jobId: (event as { jobId: string }).jobId };
    default:
      return undefined;
  }
}
