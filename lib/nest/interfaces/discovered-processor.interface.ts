import type { DedupPolicy } from '../../job/dedup-policy.js';
import type { CodeSchedule } from '../../schedule/code-schedules.js';
import type { Job } from '../../job/job.js';
import type { Batch } from '../../worker/batch.js';
import type { StepHandling } from '../../worker/stepped-processor.js';
import type {
  HandlerMetadata,
  LimitMetadata,
  ListenerMetadata,
  ProcessorMetadata,
} from './metadata.interface.js';

/** A decorated method of a provider, or all steps of one, ready to be called. */
export interface DiscoveredHandler extends HandlerMetadata {
  /** `PhotoProcessor.resize()`, for messages. */
  readonly label: string;
  /** For `@Process`; the signal is made when it is asked for. */
  readonly handle: (job: Job | Batch, token: string, signal: () => AbortSignal) => unknown;
  /** For steps. */
  readonly stages?: StepHandling;
  /** Names of steps, in their order. */
  readonly steps?: readonly string[];
  readonly dedup: DedupPolicy | undefined;
  readonly limits: readonly LimitMetadata[];
}

/** A provider with `@Processor` and its handlers. */
export interface DiscoveredProcessor extends ProcessorMetadata {
  readonly className: string;
  readonly instance: object;
  /** Jobs may come once the bootstrap hook of this instance has ended. */
  readonly readyAfter: object;
  /** For the jobs of handlers without a policy of their own. */
  readonly dedup: DedupPolicy | undefined;
  readonly limits: readonly LimitMetadata[];
  readonly handlers: readonly DiscoveredHandler[];
  readonly schedules: readonly CodeSchedule[];
}

/** A decorated method that listens to a queue or to its worker. */
export interface DiscoveredListener extends ListenerMetadata {
  readonly queue: string;
  /** `PhotoProcessor.onFailed()`, for messages. */
  readonly label: string;
  readonly handle: (...args: unknown[]) => unknown;
}
