import 'reflect-metadata';
import { checkJobName } from '../../job/check.js';
import { refuseUnknown } from '../../job/known-names.js';
import { type BatchOptions, checkBatch } from '../../worker/batch-options.js';
import type { HandlerMetadata } from '../interfaces/metadata.interface.js';
import { HANDLERS_METADATA } from '../stepwell.constants.js';

/** What `@Process` takes besides names of jobs. */
export interface ProcessOptions {
  /**
   * The method gets several jobs at a time: a `Batch`, which is an array of jobs. It is then the only handler of its queue. `@JobData()` and
   * `@JobId()` give arrays.
   */
  batch?: BatchOptions;
}

/**
 * Makes a method of a `@Processor` class the handler of jobs: of those with one of the given names, or, without a
 * name, of all whose name has no handler of its own. It is called with the job, the token of its lock and an
 * `AbortSignal`; what it returns is the job's result, what it throws fails the attempt.
 *
 * @example
 * @Process('resize')
 * async resize(job: Job<Photo>, token: string, signal: AbortSignal) { … }
 *
 * @Process({ batch: { size: 50 } })
 * async insert(jobs: Job<Row>[]) { … }
 */
export function Process(...namesAndOptions: string[] | [...string[], ProcessOptions]): MethodDecorator {
  const last = namesAndOptions.at(-1);
  const options = typeof last === 'object' ? last : {};
  const jobNames = (typeof last === 'object' ? namesAndOptions.slice(0, -1) : namesAndOptions) as string[];
  jobNames.forEach(checkJobName);
  refuseUnknown('@Process option', options, ['batch']);
  if (options.batch !== undefined) {
    checkBatch('@Process batch', options.batch);
  }
  const names = jobNames.length > 0 ? jobNames : [undefined];
  const added = names.map((jobName): HandlerMetadata => ({ kind: 'process', jobName, ...options }));
  return (_target, _method, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    // A method may carry several decorators, and each adds to what the others left.
    const present = (Reflect.getOwnMetadata(HANDLERS_METADATA, method) ?? []) as HandlerMetadata[];
    Reflect.defineMetadata(HANDLERS_METADATA, [...added, ...present], method);
  };
}
