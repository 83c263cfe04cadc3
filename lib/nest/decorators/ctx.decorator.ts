import { PARAMETER_KINDS } from '../handling/parameter-kinds.js';
import { jobParameter } from './job-parameter.js';

/**
 * Gives a parameter of a `@Step` or `@Compensate` method its `StepContext`.
 *
 * @example
 * @Step()
 * charge(@JobData() order: Order, @Ctx() ctx: StepContext<OrderProcessor>) { … }
 */
export function Ctx(): ParameterDecorator {
  return jobParameter(PARAMETER_KINDS.context);
}
