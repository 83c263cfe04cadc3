import type { GroupOptions } from '../job/group.js';
import type { LimitOptions } from '../job/limit.js';
import type { DefaultJobOptions } from '../job/job-options.js';
import type { RepeatStrategy } from '../job/repeat-options.js';
import type { QueueDedup } from './dedup-policies.js';
import type { LimitsOf } from './own-limits.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import type { BacklogOptions } from '../store/backlog.js';
import type { DurabilityOptions } from '../store/durability.js';

export interface QueueOptions extends QueueBaseOptions, BacklogOptions, DurabilityOptions {
  /** Options for every job that does not set them itself. */
  defaultJobOptions?: DefaultJobOptions;
  /** How jobs are deduplicated that do not say so themselves. Default: not at all. */
  dedup?: QueueDedup;
  /**
   * Limits that jobs may name in their option `limits`, set when the queue is made. A process that gives other numbers for a name sets
   * them anew for all.
   */
  limits?: Readonly<Record<string, LimitOptions>>;
  /** The limits of a job that names none itself, by its data. Default: none. */
  limitsOf?: LimitsOf;
  /** The group of a job that names none itself, by its data. Default: none. */
  groupOf?: (data: any, name: string) => GroupOptions | undefined;
  /** How much is kept of the events of the queue. */
  streams?: {
    /** The stream that events are read from. */
    events: {
      /**
       * How many entries the event stream keeps about; an entry holds the events of one call. Default 10,000. At least 100
       * are kept, whatever is given: those who listen read them from there.
       */
      maxLen: number;
    };
  };
  /** Functions in place of what Stepwell reckons by itself. */
  settings?: {
    /** Computes the slots of job schedulers that have a `pattern`, in place of cron. Workers need it too. */
    repeatStrategy?: RepeatStrategy;
  };
}
