import type { QueueName } from '../define-queue.js';
import type { WorkerOptions } from '../../worker/worker-options.js';

/** What `@Processor` takes besides the plain name of a queue. */
export interface ProcessorOptions {
  /** Name of the queue, or its definition. */
  queue: QueueName;
  /**
   * Names of the jobs that the steps of the class, and its `@Process()` methods without a name, take. Default: all jobs
   * whose name has no handler of its own.
   */
  jobName?: string | readonly string[];
  /** Kept with each job as `processedBy`. */
  name?: string;
}

/**
 * Options of the worker behind a processor class. Connection, skipVersionCheck, prefix, codec, telemetry and what is propagated come from the queue, or from `forRoot` where
 * the queue is not registered.
 */
export type ProcessorWorkerOptions = Omit<
  WorkerOptions,
  'connection' | 'skipVersionCheck' | 'prefix' | 'codec' | 'name' | 'telemetry' | 'propagate' | 'batch'
>;
