import type { JobCancelledError } from '../job/errors.js';
import type { Failure, Tries } from '../job/job-failure.js';
import type { KeepJobs } from '../job/job-options.js';
import type { Job } from '../job/job.js';
import type { Telemetry } from '../job/telemetry.js';
import type { AttemptPolicy } from './attempt-policy.js';
import type { Run } from './run.js';
import type { RunHooks } from './run-writer.js';
import type { SteppedRun } from './stepped-processor.js';

/** What a processor in stages sees of a run. */
export class StagedRun implements SteppedRun {
  going: unknown;

  constructor(
    private readonly run: Run,
    private readonly policy: AttemptPolicy,
    private readonly hooks: Pick<RunHooks, 'closing' | 'kept'>,
    readonly telemetry: Telemetry | undefined,
  ) {}

  get job(): Job {
    return this.run.job;
  }

  get token(): string {
    return this.run.token;
  }

  get signal(): AbortSignal {
    return this.run.signal;
  }

  get isClosing(): boolean {
    return this.hooks.closing();
  }

  get keepCompleted(): string {
    return this.policy.keepCompleted(this.run.job);
  }

  get keepFailed(): boolean | number | KeepJobs | undefined {
    return this.policy.keepFailed(this.run.job);
  }

  get cancelled(): JobCancelledError | undefined {
    return this.run.cancelled;
  }

  get leavesDone(): boolean {
    return this.run.job.cancellation?.undo === false;
  }

  kept(sentAt: number): void {
    this.hooks.kept(this.run, sentAt);
  }

  isLockLoss(error: unknown): boolean {
    return this.run.isLockLoss(error);
  }

  failure(error: Error, tries: Tries): Promise<Failure> {
    return this.policy.failure(this.run.job, error, tries);
  }

  beginUndo(): void {
    this.run.beginUndo();
  }
}
