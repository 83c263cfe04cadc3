import { SetMetadata } from '@nestjs/common';
import { checkJobName, checkQueueName } from '../../job/check.js';
import { refuseUnknown } from '../../job/known-names.js';
import type { Processor as ProcessorFunction } from '../../worker/worker-options.js';
import { QueueDefinition, type QueueName, queueNameOf } from '../define-queue.js';
import type { ProcessorMetadata } from '../interfaces/metadata.interface.js';
import type { ProcessorOptions, ProcessorWorkerOptions } from '../interfaces/processor-options.interface.js';
import { declareProcessor } from '../start-watch.js';
import { PROCESSOR_METADATA } from '../stepwell.constants.js';

/** The function that a `Worker` calls for each job; the decorator of the same name is for classes. */
// oxlint-disable-next-line typescript/no-explicit-any -- the defaults of the engine's own type
export type Processor<D = any, R = any, N extends string = string> = ProcessorFunction<D, R, N>;

/**
 * Makes a provider a processor of a queue: its methods with `@Process` handle the queue's jobs, its methods with `@Step`
 * take them from step to step. Several classes may process one queue, each the jobs of other names; they share one worker, which starts once the application has been
 * initialized and is drained when it shuts down.
 *
 * @param queue name of the queue or its definition, or that with names of jobs and a name for the worker
 * @param options of the worker, such as `concurrency`
 *
 * @example
 * @Processor('photos', { concurrency: 4 })
 * export class PhotoProcessor {
 *   constructor(private readonly store: PhotoStore) {}
 *
 *   @Process('resize')
 *   resize(job: Job<Photo>) {
 *     return this.store.resize(job.data);
 *   }
 * }
 */
export function Processor(
  queue: QueueName | ProcessorOptions,
  options: ProcessorWorkerOptions = {},
): ClassDecorator {
  const given: Partial<ProcessorOptions> = isOptions(queue) ? queue : { queue };
  const { name: workerName, jobName } = given;
  refuseUnknown('@Processor option', given, ['queue', 'name', 'jobName']);
  const name = queueNameOf(given.queue);
  checkQueueName(name);
  const jobNames = jobName === undefined ? undefined : [jobName].flat();
  jobNames?.forEach(checkJobName);
  const metadata: ProcessorMetadata = {
    queue: name,
    ...(workerName === undefined ? {} : { workerName }),
    ...(jobNames === undefined ? {} : { jobNames }),
    options,
  };
  return (type: Function) => {
    SetMetadata(PROCESSOR_METADATA, metadata)(type);
    declareProcessor(type, name);
  };
}

function isOptions(queue: QueueName | ProcessorOptions): queue is ProcessorOptions {
  return typeof queue === 'object' && queue !== null && !(queue instanceof QueueDefinition);
}
