import { checkInteger, checkNumber, checkStepName, LONGEST_TIMER_MS } from '../job/check.js';
import { checkBackoff } from '../job/check-job-options.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import type { Job } from '../job/job.js';
import type { BackoffOptions } from '../job/job-options.js';
import type { StepContext } from './step-context.js';

/** How often something is tried, and how long it may take. */
export interface StepTries {
  /** How often to try in all, counted for this step alone. Default: `attempts` of the job. */
  attempts?: number;
  /** Pause between tries. Default: `backoff` of the job. */
  backoff?: number | BackoffOptions;
  /**
   * Milliseconds until the next try, in place of `backoff`: a function of how many tries have failed and of the last error. Less than 0 gives up.
   *
   * @example
   * retryDelay: (attempt, error) => (error instanceof TooManyRequests ? error.retryAfterMs : attempt * 1000)
   */
  retryDelay?: (attempt: number, error: Error) => number | Promise<number>;
  /** Milliseconds until its signal is aborted and it fails with `StepTimeoutError`. Default: no limit. */
  timeout?: number;
}

/** What `@Step` takes. */
export interface StepOptions extends StepTries {
  /** Default: the name of the method. Jobs in flight are found by it: keep the old one among the `aliases`. */
  name?: string;
  /** Name of the step to go on with. Default: the one declared after it. */
  next?: string;
  /** Names that the step had in earlier versions. */
  aliases?: readonly string[];
  /** Bytes that the JSON of its result may have. Default: `sizeLimit` of the job, else 1 MiB. */
  maxResultBytes?: number;
}

/** Does the work of a step, or undoes it. */
export type StepFunction = (job: Job, context: StepContext) => unknown;

export interface Compensation extends StepTries {
  run: StepFunction;
}

/** A step, ready to be run. */
export interface StepDefinition extends StepTries {
  name: string;
  run: StepFunction;
  next?: string;
  aliases?: readonly string[];
  maxResultBytes?: number;
  compensate?: Compensation;
}

const TRIES = ['attempts', 'backoff', 'retryDelay', 'timeout'];
const KNOWN = [...TRIES, 'name', 'next', 'aliases', 'maxResultBytes'];

/** Throws an `InvalidOptionError` for the first option of a step that cannot be used; unknown names count as such. */
export function checkStepOptions(label: string, options: StepOptions): void {
  refuseUnknown(`${label}.`, options, KNOWN);
  checkTries(label, options);
  const { name, next, aliases, maxResultBytes } = options;
  if (name !== undefined) checkStepName(`${label}.name`, name);
  if (next !== undefined) checkStepName(`${label}.next`, next);
  if (maxResultBytes !== undefined) checkInteger(`${label}.maxResultBytes`, maxResultBytes, 1);
  if (aliases !== undefined && !Array.isArray(aliases)) {
    throw new InvalidOptionError(`${label}.aliases`, aliases, 'Use a list of names.');
  }
  aliases?.forEach((alias) => checkStepName(`${label}.aliases`, alias));
}

/** As `checkStepOptions`, for what undoes a step. */
export function checkCompensationOptions(label: string, options: StepTries): void {
  refuseUnknown(`${label}.`, options, TRIES);
  checkTries(label, options);
}

function checkTries(label: string, { attempts, backoff, retryDelay, timeout }: StepTries): void {
  if (attempts !== undefined) checkInteger(`${label}.attempts`, attempts, 1);
  if (backoff !== undefined) checkBackoff(`${label}.backoff`, backoff);
  if (retryDelay !== undefined && typeof retryDelay !== 'function') {
    throw new InvalidOptionError(
      `${label}.retryDelay`,
      retryDelay,
      'Use a function (attempt, error) => milliseconds.',
    );
  }
  if (retryDelay !== undefined && backoff !== undefined) {
    throw new InvalidOptionError(
      `${label}.retryDelay`,
      retryDelay,
      'Leave out backoff: one of them names the pause.',
    );
  }
  if (timeout !== undefined) checkNumber(`${label}.timeout`, timeout, 1, LONGEST_TIMER_MS);
}
