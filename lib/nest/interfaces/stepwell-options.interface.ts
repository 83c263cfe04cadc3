import type { QueueOptions } from '../../queue/queue-options.js';

/**
 * What `StepwellModule.forRoot` takes: options that all queues and workers of the application share. `callTimeout` and
 * `backlog` are those of queues, their events and flow producers; a worker has a `callTimeout` of its own in `@Processor`.
 * A queue's own options are laid over these; `defaultJobOptions` are merged one by one.
 *
 * @example
 * StepwellModule.forRoot({ connection: 'redis://127.0.0.1:6379', defaultJobOptions: { attempts: 3 } });
 */
export type StepwellOptions = QueueOptions;

/**
 * For `StepwellModule.forRootAsync({ useClass })` and `useExisting`.
 *
 * @example
 * class QueueConfig implements StepwellOptionsFactory {
 *   constructor(private readonly config: ConfigService) {}
 *   createStepwellOptions() {
 *     return { connection: this.config.getOrThrow('REDIS_URL') };
 *   }
 * }
 */
export interface StepwellOptionsFactory {
  createStepwellOptions(): StepwellOptions | Promise<StepwellOptions>;
}
