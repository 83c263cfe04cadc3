import type { GroupOptions } from './group.js';
import type { ParentOptions } from './job-ref.js';
import type { JobRepeat } from './repeat-options.js';

/** How many finished jobs to keep. Looked at whenever a job of the queue finishes. */
export interface KeepJobs {
  /** Keep at most so many, the newest. */
  count?: number;
  /** Keep no job longer than this, in seconds; 0 keeps none. */
  age?: number;
  /** Remove at most so many at once when `age` is set; at least 1. Default 1000. */
  limit?: number;
}

/** How long to wait before a failed job is tried again. */
export interface BackoffOptions {
  /** `fixed`, `exponential`, or any other name for the worker's `settings.backoffStrategy`. */
  type: 'fixed' | 'exponential' | (string & {});
  /** Milliseconds: the pause, or the first one of an exponential row. Default 0. */
  delay?: number;
  /** Part of the pause that is drawn by chance, from 0 (none) to 1 (all). Default 0. */
  jitter?: number;
}

/** Options that a queue can give to all its jobs. */
export interface DefaultJobOptions {
  /** Creation time in milliseconds. Default: Redis' clock when the job is added. */
  timestamp?: number;
  /** 0 to 2,097,151; lower numbers run first; 0, the default, runs before all prioritized jobs. */
  priority?: number;
  /** Milliseconds to wait before the job may start. Default 0. */
  delay?: number;
  /** How often to try in all. Default 1. */
  attempts?: number;
  /** Pause between tries: milliseconds, or a strategy. Default: none. */
  backoff?: number | BackoffOptions;
  /** Put the job in front of the waiting ones. Default false. */
  lifo?: boolean;
  /** Remove the job once it has completed: true, or how many to keep. Default: keep all. */
  removeOnComplete?: boolean | number | KeepJobs;
  /** Remove the job once it has failed for good: true, or how many to keep. Default: keep all. */
  removeOnFail?: boolean | number | KeepJobs;
  /**
   * Names of limits of the queue that the job counts in: it starts when all of them let it. Default: none. A name without a limit fails the
   * add with `UnknownLimitError`, see `awaitLimits`.
   */
  limits?: readonly string[];
  /** The group of jobs that it belongs to: groups take turns. Default: none; such jobs come before those of groups. */
  group?: GroupOptions;
  /** Whether the job waits where it names a limit that nobody has defined, until somebody does. Default false. */
  awaitLimits?: boolean;
  /** Keep only so many log lines, the newest. Default: all. */
  keepLogs?: number;
  /** Keep the stack traces of so many failed attempts, the newest. Default 10. */
  stackTraceLimit?: number;
  /** Refuse data whose JSON has more bytes than this. Default: no limit. */
  sizeLimit?: number;
  /** When this job fails for good, its parent fails. At most one of these four; without, the parent goes on waiting. */
  failParentOnFailure?: boolean;
  /** When this job fails for good, its parent runs at once, whatever other children are doing. */
  continueParentOnFailure?: boolean;
  /** When this job fails for good, its parent no longer waits for it, and can read the reason. */
  ignoreDependencyOnFailure?: boolean;
  /** When this job fails for good, its parent no longer waits for it, and knows nothing of it. */
  removeDependencyOnFailure?: boolean;
}

/** Keeps jobs of one id from piling up. An add that it stops emits a `deduplicated` event. */
export interface DeduplicationOptions {
  /** What makes two jobs the same. */
  id: string;
  /** Milliseconds for which further jobs are stopped, whatever becomes of the first. Default, as with 0: until it has finished. */
  ttl?: number;
  /** Let each stopped job start the `ttl` anew. */
  extend?: boolean;
  /** Put the new job in place of one that is delayed and has never been started. */
  replace?: boolean;
  /**
   * Let each stopped job move the one behind it that is delayed and has never been started: it is due when the stopped one
   * would have been, and keeps its id and data. Nothing beside `replace`.
   */
  reschedule?: boolean;
  /** Keep the newest of the stopped jobs and add it when the unfinished one has finished. Takes no `ttl`. */
  keepLastIfActive?: boolean;
}

/** What a job carries for telemetry. */
export interface JobTelemetryOptions {
  /** Where the work belongs that added the job. Given by the queue. */
  metadata?: string;
  /** Carry nothing: what the job does begins a trace of its own. Default false. */
  omitContext?: boolean;
}

/** Options of one job. */
export interface JobsOptions extends DefaultJobOptions {
  /**
   * An id of your own; adding a job whose id is in use returns that job. Not a whole number, no control characters. Default,
   * as with '': the queue's next number.
   */
  jobId?: string;
  /** See `DeduplicationOptions`. Default: none. Not for a job with a parent. */
  deduplication?: DeduplicationOptions;
  /** The job that waits for this one, in any queue of the same Redis. */
  parent?: ParentOptions;
  /** Where the job belongs in traces. Default: to the work that adds it. */
  telemetry?: JobTelemetryOptions;
  /** What the job carries for the propagators of its queue, by their names. Default: what they read. */
  context?: Record<string, unknown>;
  /** Of a job that a scheduler made: how it repeats. Not to be given: use `queue.upsertJobScheduler`. */
  repeat?: JobRepeat;
  /** Of a job that a scheduler made: its slot, ms since 1970. Not to be given. */
  prevMillis?: number;
}

/** Options of a job in `addBulk`. */
export type BulkJobOptions = JobsOptions;
