import type { DefaultJobOptions } from '../../job/job-options.js';
import { QUEUE_OPTION_NAMES } from '../../queue/check-queue-options.js';
import type { QueueOptions as EngineQueueOptions } from '../../queue/queue-options.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { engineJobOptions } from './job-options.js';
import { knownOptions } from './known-options.js';
import { spanless } from './spans.js';

export interface QueueOptions<Connection = any> extends QueueBaseOptions<Connection> {
  /** Options for every job that does not set them itself. */
  defaultJobOptions?: DefaultJobOptions;
  streams?: { events: { maxLen: number } };
  /** Without effect. */
  skipMetasUpdate?: boolean;
  settings?: { repeatStrategy?: unknown; repeatKeyHashAlgorithm?: string };
  /** Of Stepwell: adds that may wait while Redis does not reply. */
  backlog?: number;
}

/** The engine's options for those of BullMQ. */
export function queueOptions(opts: QueueOptions | undefined): EngineQueueOptions {
  const taken = engineOptions('queue option', spanless(opts), QUEUE_OPTION_NAMES) as EngineQueueOptions;
  if (taken.settings) {
    taken.settings = knownOptions('queue option settings', taken.settings, ['repeatStrategy']);
  }
  if (taken.defaultJobOptions) {
    const defaults = { ...engineJobOptions(taken.defaultJobOptions) };
    delete defaults.jobId;
    taken.defaultJobOptions = defaults;
  }
  return taken;
}
