import type { LimitOptions } from '../../job/limit.js';
import type { LimitsOf } from '../../queue/own-limits.js';
import type { StepTries } from '../../steps/step-definition.js';
import type { BatchOptions } from '../../worker/batch-options.js';
import type { ProcessorWorkerOptions } from './processor-options.interface.js';

/** What `@Processor` leaves on a class. */
export interface ProcessorMetadata {
  queue: string;
  workerName?: string;
  /** Jobs that steps, and handlers that name none, take; undefined for all whose name has no handler of its own. */
  jobNames?: readonly string[];
  options: ProcessorWorkerOptions;
}

/** What a decorator leaves on a method, by the kind of handler that it makes of it. */
export interface HandlerMetadata {
  kind: 'process' | 'steps';
  /** Undefined for all jobs whose name has no handler of its own. */
  jobName: string | undefined;
  /** For a method that gets batches. */
  batch?: BatchOptions;
}

/** What `@Limit` leaves on a class or a method. */
export interface LimitMetadata {
  limit: string | LimitsOf;
  numbers: LimitOptions | undefined;
}

/** What `@Compensate` leaves on a method. */
export interface CompensationMetadata {
  step: string;
  options: StepTries;
}

/** What a listener decorator leaves on a method. */
export interface ListenerMetadata {
  source: 'queue' | 'worker';
  event: string;
  /** Undefined for the queue of the method's processor class. */
  queue: string | undefined;
}
