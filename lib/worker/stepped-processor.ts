import type { JobCancelledError } from '../job/errors.js';
import type { Failure, Tries } from '../job/job-failure.js';
import type { KeepJobs } from '../job/job-options.js';
import type { Job } from '../job/job.js';
import type { Telemetry } from '../job/telemetry.js';
import type { RunOutcome } from './run-outcome.js';

/** What a processor that works in stages is given of a run. */
export interface SteppedRun {
  readonly job: Job;
  readonly token: string;
  /** Made when first asked for. */
  readonly signal: AbortSignal;
  /** The worker is closing: the next stage may as well run elsewhere. */
  readonly isClosing: boolean;
  /** What to keep of completed and of failed jobs, as scripts read it. */
  readonly keepCompleted: string;
  readonly keepFailed: boolean | number | KeepJobs | undefined;
  /** Redis has kept a step in a call that was sent at that time, by `runtime.monotonicMs`: the lock was held. */
  kept(sentAt: number): void;
  /** Whether an error says only that the lock was lost, which is no failure of the job. */
  isLockLoss(error: unknown): boolean;
  /** Decides between another try and failing for good. Never rejects. */
  failure(error: Error, tries: Tries): Promise<Failure>;
  /** Why the job fails whatever a stage comes to, once it was cancelled. */
  readonly cancelled?: JobCancelledError | undefined;
  /** Whether what was done stays done when the job fails. */
  readonly leavesDone?: boolean;
  /** From now on stages undo what was done; they get a signal of their own. */
  beginUndo?(): void;
  /** Notified of each stage, where there is any. */
  readonly telemetry?: Telemetry | undefined;
  /** Kept here by whoever takes the job through its stages. */
  going?: unknown;
}

/** Marks a processor that works in stages. */
export const STEP_HANDLING = Symbol.for('stepwell.steps');

/** Each returns undefined for a job that it does not process in stages. */
export interface StepHandling {
  run(run: SteppedRun): Promise<RunOutcome> | undefined;
  /**
   * Asked when a run is to fail for a reason from outside, whether or not it has begun: a lock that expired too often, a
   * limit. The promise may take as long as another run.
   */
  fail(run: SteppedRun, error: Error): Promise<RunOutcome | undefined> | undefined;
}

/** A processor, plain or in stages. */
export interface MaybeStepped {
  [STEP_HANDLING]?: StepHandling;
}
