import type { PipeTransform, Type } from '@nestjs/common';
import { checkStepName } from '../../job/check.js';
import type { StepResult as ResultOfMethod } from '../../steps/step-types.js';
import { PARAMETER_KINDS } from '../handling/parameter-kinds.js';
import { jobParameter } from './job-parameter.js';

/** What is kept of what a step returns; the decorator of the same name is for parameters. */
export type StepResult<T> = ResultOfMethod<T>;

/**
 * Gives a parameter of a `@Step` or `@Compensate` method the result of a completed step, as it comes back from Redis. The
 * call fails with `MissingStepResultError` where that step has not completed.
 *
 * @example
 * @Step()
 * charge(@StepResult('reserve') reservation: Reservation) { … }
 */
export function StepResult(
  step: string,
  ...pipes: (Type<PipeTransform> | PipeTransform)[]
): ParameterDecorator {
  checkStepName('@StepResult', step);
  return jobParameter(PARAMETER_KINDS.stepResult, step, pipes);
}
