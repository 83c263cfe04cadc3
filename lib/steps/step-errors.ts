import { StepwellError } from '../job/errors.js';
import { didYouMean } from '../job/known-names.js';
import { UnrecoverableError } from '../job/special-errors.js';

/** A step ran longer than its `timeout`. It is tried again as after any other error. */
export class StepTimeoutError extends StepwellError {
  constructor(
    readonly step: string,
    timeoutMs: number,
  ) {
    super(`Step ${step} ran longer than its timeout of ${timeoutMs} ms.`, 'STEP_TIMEOUT');
  }
}

/**
 * The next step of a job is none of the running code: it was renamed or removed, or the job comes from a later version. The
 * job fails and keeps its place; bring the step back, or name the old one among the `aliases` of another, and `job.retry()`
 * goes on there.
 */
export class UnknownStepError extends UnrecoverableError {
  readonly code = 'UNKNOWN_STEP';

  constructor(
    readonly step: string,
    readonly knownSteps: readonly string[],
  ) {
    super(
      `There is no step '${step}'. ${didYouMean(step, knownSteps)}Steps: ${knownSteps.map((name) => `'${name}'`).join(', ')}.`,
    );
    this.name = new.target.name;
  }
}

/** The result of a step has more bytes than may be kept with a job. It is not tried again: the result would be the same. */
export class StepResultTooLargeError extends UnrecoverableError {
  readonly code = 'STEP_RESULT_TOO_LARGE';

  constructor(
    readonly step: string,
    bytes: number,
    limit: number,
  ) {
    super(
      `The result of step ${step} has ${bytes} bytes, over the limit of ${limit}. Store it elsewhere and return a reference.`,
    );
    this.name = new.target.name;
  }
}

/** A step asked for the result of one that has not completed. */
export class MissingStepResultError extends StepwellError {
  constructor(
    readonly step: string,
    knownSteps: readonly string[],
  ) {
    super(
      knownSteps.includes(step)
        ? `Step '${step}' has no result: it has not completed. Look into \`ctx.results\` where that may be.`
        : `There is no step '${step}'. ${didYouMean(step, knownSteps)}Steps: ${knownSteps.join(', ')}.`,
      'MISSING_STEP_RESULT',
    );
  }
}
