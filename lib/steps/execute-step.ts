import { followObservable, isObservable, type ObservableLike } from '../worker/follow-observable.js';
import type { Job } from '../job/job.js';
import { Outcome } from './outcomes.js';
import type { RunContext } from './run-context.js';
import type { StepFunction } from './step-definition.js';
import { StepTimeoutError } from './step-errors.js';

/** What an Observable that a step returned comes to: its last value, once it has completed. */
export function followStep(job: Job, context: RunContext, returned: ObservableLike): Promise<unknown> {
  const save = (value: unknown, json: string): Promise<void> => job.keepEmission(value, json, context.step);
  // An outcome says where the job goes on, and is nothing to save.
  const isSaved = (value: unknown): boolean => !(value instanceof Outcome);
  return followObservable(returned, context.signal, save, job.codec, isSaved);
}

/** Runs one step to its end: its promise, its Observable, its timeout. */
export function executeStep(
  job: Job,
  context: RunContext,
  run: StepFunction,
  timeoutMs: number | undefined,
): Promise<unknown> {
  const work = perform(job, context, run);
  if (timeoutMs === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    // The connection of the worker keeps the process alive while it matters.
    const timer = job.runtime.setTimer(
      () => {
        const error = new StepTimeoutError(context.step, timeoutMs);
        reject(error);
        context.abort(error);
      },
      timeoutMs,
      { background: true },
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

async function perform(job: Job, context: RunContext, run: StepFunction): Promise<unknown> {
  const returned = await run(job, context);
  return isObservable(returned) ? followStep(job, context, returned) : returned;
}
