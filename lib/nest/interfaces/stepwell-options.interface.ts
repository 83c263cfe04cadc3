import type { BullMQTelemetry } from '../../job/bullmq-telemetry.js';
import type { Telemetry } from '../../job/telemetry.js';
import type { QueueOptions } from '../../queue/queue-options.js';
import type { OnHandle } from './on-handle.interface.js';

/** What concerns the application as a whole, and no single queue. */
export interface ApplicationOptions {
  /** Runs around each handler of a job or step; of several, the first is the outermost. Default: none, at no cost. */
  onHandle?: OnHandle | readonly OnHandle[];
  /**
   * Whether guards, pipes, interceptors and filters of the whole application (`useGlobalGuards`, `APP_GUARD` and the like)
   * are for jobs as well. Default false: most are written for HTTP requests.
   */
  globalEnhancers?: boolean;
  /**
   * Whether the application refuses to start where Redis cannot be reached, is too old, may evict jobs or grants too few rights, where a
   * processor's queue is not registered, or a processor is in no module. Default false: it starts, says so, and recovers by itself.
   */
  failFast?: boolean;
}

/**
 * What `StepwellModule.forRoot` takes: options that all queues and workers of the application share, and some of the
 * application itself. `callTimeout` and `backlog` are those of queues, their events and flow producers; a worker has a
 * `callTimeout` of its own in `@Processor`. A queue's own options are laid over these; `defaultJobOptions` are merged one by
 * one.
 *
 * @example
 * StepwellModule.forRoot({ connection: 'redis://127.0.0.1:6379', defaultJobOptions: { attempts: 3 } });
 */
export interface StepwellOptions extends Omit<QueueOptions, 'telemetry'>, ApplicationOptions {
  /**
   * Where traces and measures go. Default: to OpenTelemetry, where the process has set up its SDK before the application; false for
   * nowhere.
   */
  telemetry?: Telemetry | BullMQTelemetry | false;
}

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
