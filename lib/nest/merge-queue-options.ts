import type { QueueOptions } from '../queue/queue-options.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';
import { queueOptionsOf } from './root-options.js';

/** A queue's own options over the shared ones; default job options are merged one by one. */
export function mergeQueueOptions(shared: StepwellOptions | undefined, own: QueueOptions): QueueOptions {
  const defaultJobOptions = { ...shared?.defaultJobOptions, ...own.defaultJobOptions };
  return {
    ...(shared && queueOptionsOf(shared)),
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    ...(Object.keys(defaultJobOptions).length > 0 ? { defaultJobOptions } : {}),
  };
}
