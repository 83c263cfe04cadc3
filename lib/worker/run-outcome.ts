import type { Failure } from '../job/job-failure.js';
import type { JobWrite } from '../job/job-write.js';

/**
 * How a run ends, where the processor decides that itself: what it returns then is no result but the write that ends the
 * run. The worker makes that write, which frees the slot and fetches the next job with the same call.
 */
export class RunOutcome {
  private constructor(
    readonly kind: 'completed' | 'failed' | 'postponed' | 'moved' | 'lost',
    /** Undefined where nothing is left to write. */
    readonly write?: JobWrite,
    readonly result?: unknown,
    readonly failure?: Failure,
    readonly error?: Error,
  ) {}

  static completed(write: JobWrite, result: unknown): RunOutcome {
    return new RunOutcome('completed', write, result);
  }

  /** Also for an attempt that is tried again, as the failure says. */
  static failed(write: JobWrite, failure: Failure, error: Error): RunOutcome {
    return new RunOutcome('failed', write, undefined, failure, error);
  }

  /** The job goes on later; no attempt has ended. */
  static postponed(write: JobWrite): RunOutcome {
    return new RunOutcome('postponed', write);
  }

  /** The job has left this worker already. */
  static moved(): RunOutcome {
    return new RunOutcome('moved');
  }

  /** Nothing can be written on behalf of this run. */
  static lost(error: Error): RunOutcome {
    return new RunOutcome('lost', undefined, undefined, undefined, error);
  }
}
