import type { WorkerOptions } from '../../worker/worker-options.js';

/** What `@Processor` takes besides the plain name of a queue. */
export interface ProcessorOptions {
  /** Name of the queue. */
  queue: string;
  /** Kept with each job as `processedBy`. */
  name?: string;
}

/**
 * Options of the worker behind a processor class. Connection, prefix and codec come from the queue, or from `forRoot` where
 * the queue is not registered.
 */
export type ProcessorWorkerOptions = Omit<WorkerOptions, 'connection' | 'prefix' | 'codec' | 'name'>;
