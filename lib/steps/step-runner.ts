import { LockLostError } from '../job/errors.js';
import { failureOf } from '../job/job-failure.js';
import type { Job } from '../job/job.js';
import { retentionText } from '../job/retention.js';
import type { RunOutcome } from '../worker/run-outcome.js';
import {
  type MaybeStepped,
  type SteppedRun,
  type StepHandling,
  STEP_HANDLING,
} from '../worker/stepped-processor.js';
import type { Processor } from '../worker/worker-options.js';
import type { StepPlan } from './step-plan.js';
import { StepRun } from './step-run.js';
import { StepWork } from './step-work.js';

/** Runs the jobs of one plan. */
export class StepRunner implements StepHandling {
  constructor(readonly plan: StepPlan) {}

  /** The processor to give to a worker. */
  get processor(): Processor & MaybeStepped {
    const process: Processor = (job, token, signal) => this.run(standAlone(job, token, signal));
    return Object.assign(process, { [STEP_HANDLING]: this });
  }

  run(run: SteppedRun): Promise<RunOutcome> {
    const going = new StepRun(new StepWork(this.plan, run));
    run.going = going;
    return going.start();
  }

  async fail(run: SteppedRun, error: Error): Promise<RunOutcome | undefined> {
    const { going: before } = run;
    const going =
      before instanceof StepRun ? await before.takeOver() : new StepRun(new StepWork(this.plan, run));
    run.going = going;
    return going.fail(error);
  }
}

/** For a processor that is called by another one: what the worker would know of its options is not known there. */
function standAlone(job: Job, token: string, signal: AbortSignal): SteppedRun {
  return {
    ...{ job, token, signal, isClosing: false },
    keepCompleted: retentionText(job.opts.removeOnComplete),
    keepFailed: job.opts.removeOnFail,
    kept: () => {},
    isLockLoss: (error) => signal.aborted && error === signal.reason && error instanceof LockLostError,
    failure: (error, tries) => failureOf(job, error, undefined, tries, job.runtime.random),
  };
}
