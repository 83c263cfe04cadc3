import 'reflect-metadata';
import { checkStepName } from '../../job/check.js';
import { checkCompensationOptions, type StepTries } from '../../steps/step-definition.js';
import type { CompensationMetadata } from '../interfaces/metadata.interface.js';
import { COMPENSATIONS_METADATA } from '../stepwell.constants.js';

/**
 * Makes a method of a `@Processor` class undo a step of the class, should the job fail for good after that step has
 * completed. The last completed step is undone first. It is called as a step is, and tried again as often as the step
 * unless it has tries of its own.
 *
 * @example
 * @Compensate('charge', { attempts: 10, backoff: 5000 })
 * refund(job: Job<Order>, ctx: StepContext<OrderProcessor>) {
 *   return this.bank.refund(ctx.result('charge'));
 * }
 */
export function Compensate(step: string, options: StepTries = {}): MethodDecorator {
  checkStepName('@Compensate', step);
  return (_target, method, descriptor: PropertyDescriptor) => {
    checkCompensationOptions(`@Compensate of ${String(method)}()`, options);
    const target = descriptor.value as object;
    const present = (Reflect.getOwnMetadata(COMPENSATIONS_METADATA, target) ?? []) as CompensationMetadata[];
    Reflect.defineMetadata(COMPENSATIONS_METADATA, [{ step, options }, ...present], target);
  };
}
