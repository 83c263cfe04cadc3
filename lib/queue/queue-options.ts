import type { DefaultJobOptions } from '../job/job-options.js';
import type { RepeatStrategy } from '../job/repeat-options.js';
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
      /**
       * How many entries the event stream keeps about; an entry holds the events of one call. Default 10,000. At least 100
       * are kept, whatever is given: those who listen read them from there.
       */
      maxLen: number;
    };
  };
  settings?: {
    /** Computes the slots of job schedulers that have a `pattern`, in place of cron. Workers need it too. */
    repeatStrategy?: RepeatStrategy;
  };
}
