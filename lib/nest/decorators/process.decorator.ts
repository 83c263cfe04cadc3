import 'reflect-metadata';
import { checkJobName } from '../../job/check.js';
import type { HandlerMetadata } from '../interfaces/metadata.interface.js';
import { HANDLERS_METADATA } from '../stepwell.constants.js';

/**
 * Makes a method of a `@Processor` class the handler of jobs: of those with one of the given names, or, without a
 * name, of all whose name has no handler of its own. It is called with the job, the token of its lock and an
 * `AbortSignal`; what it returns is the job's result, what it throws fails the attempt.
 *
 * @example
 * @Process('resize')
 * async resize(job: Job<Photo>, token: string, signal: AbortSignal) { … }
 */
export function Process(...jobNames: string[]): MethodDecorator {
  jobNames.forEach(checkJobName);
  const names = jobNames.length > 0 ? jobNames : [undefined];
  const added = names.map((jobName): HandlerMetadata => ({ kind: 'process', jobName }));
  return (_target, _method, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    // A method may carry several decorators, and each adds to what the others left.
    const present = (Reflect.getOwnMetadata(HANDLERS_METADATA, method) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(HANDLERS_METADATA, [...added, ...present], method);
  };
}
