import { StepwellError } from './stepwell-error.js';

/** The job is not in Redis: removed, or never there. */
export class JobNotFoundError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
  ) {
    super(`Cannot ${action} job ${jobId}: there is no such job.`, 'JOB_NOT_FOUND');
  }
}

/** The lock under which a job was being processed is gone, so nothing was written. */
export class LockLostError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
  ) {
    super(`Cannot ${action} job ${jobId}: its lock was lost, another run may hold it now.`, 'LOCK_LOST');
  }
}

/** The job is in a state in which the action makes no sense. */
export class WrongStateError extends StepwellError {
  constructor(
    readonly jobId: string,
    action: string,
    needed: string,
    subject = `job ${jobId}`,
  ) {
    super(`Cannot ${action} ${subject}: it is not ${needed}.`, 'WRONG_STATE');
  }
}

/** The job is the one that its scheduler is to bring next: without it the scheduler would stop. Nothing was written. */
export class JobOfSchedulerError extends StepwellError {
  constructor(readonly jobId: string) {
    super(
      `Job ${jobId} belongs to a job scheduler and cannot be removed directly. Use removeJobScheduler or pauseJobScheduler.`,
      -8,
    );
  }
}

/** A job keeps as many signals that no step has taken as it may: 1000 names. Nothing was written. */
export class TooManySignalsError extends StepwellError {
  constructor(
    readonly jobId: string,
    readonly signal: string,
  ) {
    super(
      `Cannot signal "${signal}" to job ${jobId}: it keeps 1000 other signals. Send those that belong together under one name.`,
      'TOO_MANY_SIGNALS',
    );
  }
}

/** `waitUntilFinished` ran out of time. */
export class WaitTimeoutError extends StepwellError {
  constructor(
    readonly jobId: string,
    ttlMs: number,
  ) {
    super(`Job ${jobId} did not finish within ${ttlMs} ms.`, 'WAIT_TIMEOUT');
  }
}

/** A job that finished with a failure, as those who wait for it get it. */
export class JobFailedError extends StepwellError {
  constructor(
    readonly jobId: string,
    reason: string,
  ) {
    super(reason, 'JOB_FAILED');
  }
}

/** Why an attempt failed: it ran longer than the `ttl` of its worker. */
export class JobTimeoutError extends StepwellError {
  constructor(
    readonly jobId: string,
    ttlMs: number,
  ) {
    super(`Job ${jobId} ran longer than the ttl of ${ttlMs} ms.`, 'JOB_TIMEOUT');
  }
}

/** What a job that was cancelled without a reason fails for. */
export const CANCELLED = 'The job was cancelled.';

/**
 * Why a job's signal was aborted: `queue.cancel`, after which it fails for good, or `worker.cancelJob`. In a text it reads as the reason
 * alone.
 */
export class JobCancelledError extends StepwellError {
  /** What `cancel` or `cancelJob` was given. */
  readonly reason: string | undefined;

  /**
   * @param isFinal whether the job fails whatever attempts are left
   */
  constructor(
    reason?: string,
    readonly isFinal = false,
  ) {
    super(reason ?? CANCELLED, 'JOB_CANCELLED');
    this.reason = reason;
  }

  override toString(): string {
    return this.message;
  }
}
