import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { QueueName } from '../define-queue.js';
import type { QueueOptions } from '../../queue/queue-options.js';

/** What `StepwellModule.registerQueue` takes for each queue. */
export interface RegisterQueueOptions extends QueueOptions {
  /** Name of the queue, as `@InjectQueue` and `@Processor` say it, or its definition. */
  name: QueueName;
}

/** What `StepwellModule.registerQueueAsync` takes for each queue. */
export interface RegisterQueueAsyncOptions {
  /** Name of the queue, as `@InjectQueue` and `@Processor` say it, or its definition. */
  name: QueueName;
  /** Modules whose providers the factory needs. */
  imports?: ModuleMetadata['imports'];
  /** Makes the options of the queue, from what is injected. */
  // oxlint-disable-next-line typescript/no-explicit-any -- dependencies have whatever types their tokens give
  useFactory: (...dependencies: any[]) => QueueOptions | Promise<QueueOptions>;
  /** Tokens of what the factory gets. */
  inject?: FactoryProvider['inject'];
}
