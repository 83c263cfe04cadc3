import 'reflect-metadata';
import { checkStepOptions, type StepOptions } from '../../steps/step-definition.js';
import type { NamedStep } from './named-step.js';
import { STEP_METADATA } from '../stepwell.constants.js';

/**
 * Makes a method of a `@Processor` class a step of the class's jobs. Steps run in the order in which they are declared,
 * those of a base class first; each is called with the job and its `StepContext`. What it returns is kept under its name
 * in one write with the start of the next step, so that it never runs again once it has completed. Return an outcome,
 * such as `next('ship')` or `sleep(60_000)`, to go on elsewhere or later.
 *
 * A step with a `name` of its own says it in the type of its context as well, so that other steps can ask for it:
 * `@Step({ name: 'capture' }) chargeCard(job: Job<Order>, ctx: StepContext<OrderProcessor, 'capture'>)`.
 *
 * @example
 * @Step({ attempts: 5, backoff: { type: 'exponential', delay: 500 }, timeout: 10_000 })
 * charge(job: Job<Order>, ctx: StepContext<OrderProcessor>) {
 *   return this.bank.charge(ctx.result('reserve'));
 * }
 */
export function Step<const N extends string>(options: StepOptions & { name: N }): NamedStep<N>;
export function Step(options?: StepOptions): MethodDecorator;
export function Step(options: StepOptions = {}): MethodDecorator {
  return (_target, method, descriptor: PropertyDescriptor) => {
    checkStepOptions(`@Step of ${String(method)}()`, options);
    Reflect.defineMetadata(STEP_METADATA, options, descriptor.value as object);
  };
}
