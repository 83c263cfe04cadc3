import type { QueueOptions } from '../queue/queue-options.js';

/** A queue's own options over the shared ones; default job options are merged one by one. */
export function mergeQueueOptions(shared: QueueOptions | undefined, own: QueueOptions): QueueOptions {
  const defaultJobOptions = { ...shared?.defaultJobOptions, ...own.defaultJobOptions };
  return {
    ...shared,
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    ...(Object.keys(defaultJobOptions).length > 0 ? { defaultJobOptions } : {}),
  };
}
