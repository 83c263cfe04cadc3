import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { QueueOptions } from '../../queue/queue-options.js';

/** What `StepwellModule.registerQueue` takes for each queue. */
export interface RegisterQueueOptions extends QueueOptions {
  /** Name of the queue, as `@InjectQueue` and `@Processor` say it. */
  name: string;
}

/** What `StepwellModule.registerQueueAsync` takes for each queue. */
export interface RegisterQueueAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Name of the queue, as `@InjectQueue` and `@Processor` say it. */
  name: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- dependencies have whatever types their tokens give
  useFactory: (...dependencies: any[]) => QueueOptions | Promise<QueueOptions>;
  /** Tokens of what the factory gets. */
  inject?: FactoryProvider['inject'];
}
