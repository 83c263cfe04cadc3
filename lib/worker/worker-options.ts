import type { ForkOptions } from 'node:child_process';
import type { WorkerOptions as ThreadOptions } from 'node:worker_threads';
import type { BackoffStrategy } from '../job/backoff.js';
import type { GroupLimits } from '../job/group.js';
import type { Job } from '../job/job.js';
import type { KeepJobs } from '../job/job-options.js';
import type { RepeatStrategy } from '../job/repeat-options.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import type { Batch } from './batch.js';
import type { BatchOptions } from './batch-options.js';

/** A processor in a file of its own: its path, or its URL. The file exports the function. */
export type ProcessorFile = string | URL;

/**
 * Does the work of a job. What it returns is the job's result; what it throws fails the attempt. It may return an
 * Observable: each value is kept as `job.returnvalue` and emitted as progress, the last one is the result.
 * @param token the lock under which it runs, for `job.moveToDelayed` and the like
 * @param signal aborted when the lock is lost, the job is cancelled, or the worker closes and its time is up
 */
export type Processor<D = any, R = any, N extends string = string> = (
  job: Job<D, R, N>,
  token: string,
  signal: AbortSignal,
) => R | Emits<R> | Promise<R | Emits<R>>;

/** Does the work of several jobs at a time: see `Batch` for what becomes of each. */
export type BatchProcessor<D = any, R = any, N extends string = string> = (
  batch: Batch<D, R, N>,
) => readonly R[] | R | void | Promise<readonly R[] | R | void>;

/** An Observable, of any copy of rxjs. */
interface Emits<R> {
  subscribe(observer: { next: (value: R) => void }): unknown;
  lift: unknown;
}

/** Options of a worker whose processor gets batches. */
export interface BatchWorkerOptions extends Omit<WorkerOptions, 'batch'> {
  /** Gives the processor several jobs at a time. */
  batch: BatchOptions;
}

export interface WorkerOptions extends QueueBaseOptions {
  /** See `BatchWorkerOptions`. */
  batch?: undefined;
  /** Kept with each job as `processedBy`. */
  name?: string;
  /** Jobs at the same time, batches where there is `batch`. Default 1. */
  concurrency?: number;
  /**
   * Jobs that are taken ahead, so that the next one is there when a slot is free: 1 to 1000, for many short jobs at a low
   * concurrency. They count as active, under locks that are kept, and other workers do not get them, nor do jobs that come later go
   * first, whatever their priority. Those that have not begun go back to the front of the queue when the worker pauses or closes; when the process dies,
   * they run as soon as their locks expire, and that counts as a stall. Not with `batch`. Default: none.
   */
  prefetch?: number;
  /** Whether to start at once. Default true; else call `run`. */
  autorun?: boolean;
  /** Milliseconds until the lock of a job expires unless it is renewed. Default 30,000. */
  lockDuration?: number;
  /** Milliseconds between renewals. Default half of `lockDuration`. */
  lockRenewTime?: number;
  /** Leaves locks to expire: a job that takes longer than `lockDuration` runs again elsewhere. Default false. */
  skipLockRenewal?: boolean;
  /** Milliseconds between looks for jobs whose lock expired. Default 30,000. */
  stalledInterval?: number;
  /** Leaves it to other workers of the queue to look for jobs whose lock expired. Default false. */
  skipStalledCheck?: boolean;
  /** How often a job may be taken back after its lock expired before it fails. Default 1. */
  maxStalledCount?: number;
  /**
   * Milliseconds that a run may take, or those of jobs by name. Then its signal is aborted, and the attempt fails with
   * `JobTimeoutError`. Default: no limit.
   */
  ttl?: number | Record<string, number>;
  /** How often a job may be started at all. Default: no limit. */
  maxStartedAttempts?: number;
  /** Seconds to wait for the wake-up of an empty queue before looking again. Default 5. */
  drainDelay?: number;
  /** Starts allowed per window of so many milliseconds, over all workers of the queue; both whole numbers of at least 1. */
  limiter?: { max: number; duration: number };
  /** What each group of jobs may do that has no limits of its own; alike in all workers of the queue. Default: no limits. */
  group?: GroupLimits;
  /**
   * Milliseconds that a worker whose queue is limited waits at most before it looks again; never longer than `drainDelay`.
   * Default 30,000.
   */
  maximumRateLimitDelay?: number;
  /** Milliseconds between tries to fetch jobs while Redis refuses them. Default 1000. */
  runRetryDelay?: number;
  /** For jobs that do not say so themselves. Default: keep all. */
  removeOnComplete?: boolean | number | KeepJobs;
  /** For jobs that do not say so themselves. Default: keep all. */
  removeOnFail?: boolean | number | KeepJobs;
  /** Milliseconds that `close` gives running jobs before it hands them back. Default 25,000. */
  closeTimeout?: number;
  /**
   * Counts the jobs of the queue that complete, and those that fail for good, by the minute, for `queue.getMetrics`: from the
   * first worker on that has it, whoever ends the job. Default: nothing is counted.
   */
  metrics?: {
    /** How many minutes to keep; `MetricsTime` has some. Default, and most: eight weeks, 80,640. */
    maxDataPoints?: number;
  };
  /** Where the processor is a file: whether it runs in worker threads, not in child processes. Default false. */
  useWorkerThreads?: boolean;
  /** Where the processor is a file: how child processes are made, see `child_process.fork`. */
  workerForkOptions?: ForkOptions;
  /** Where the processor is a file: how worker threads are made, see `new Worker` of `worker_threads`. */
  workerThreadsOptions?: ThreadOptions;
  /** Bytes that the queue's event stream may take. Default 64 MiB. */
  maxEventBytes?: number;
  /** Functions in place of what Stepwell reckons by itself. */
  settings?: {
    /** Pauses for backoff types other than fixed and exponential. */
    backoffStrategy?: BackoffStrategy<Job>;
    /** Computes the slots of job schedulers, as the queue that made them has it. */
    repeatStrategy?: RepeatStrategy;
  };
}
