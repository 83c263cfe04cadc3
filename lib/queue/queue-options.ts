import type { DefaultJobOptions } from '../job/job-options.js';
import type { QueueDedup } from './dedup-policies.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import type { BacklogOptions } from '../store/backlog.js';

export interface QueueOptions extends QueueBaseOptions, BacklogOptions {
  /** Options for every job that does not set them itself. */
  defaultJobOptions?: DefaultJobOptions;
  /** How jobs are deduplicated that do not say so themselves. Default: not at all. */
  dedup?: QueueDedup;
  streams?: {
    events: {
      /** How many entries the event stream keeps about; an entry holds the events of one call. 0 turns it off. Default 10,000. */
      maxLen: number;
    };
  };
}
