import { CANCELLED, JobCancelledError } from './errors.js';
import { parseStored } from './json.js';

/** That a job was cancelled. */
export interface Cancellation {
  /** What `cancel` was given. */
  reason: string | undefined;
  /** Whether what its steps have done is undone. */
  undo: boolean;
}

/** As scripts keep it: a letter, `u` to undo or `k` to keep, and the reason in JSON. */
export function readCancellation(stored: string): Cancellation {
  const reason = parseStored('The field cancelled of the job', stored.slice(1));
  return { reason: reason === CANCELLED ? undefined : String(reason), undo: stored.startsWith('u') };
}

export function cancelledError({ reason }: Cancellation): JobCancelledError {
  return new JobCancelledError(reason, true);
}
