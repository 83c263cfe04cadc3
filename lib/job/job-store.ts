import type { Runtime } from '../runtime/runtime.js';
import type { Codec } from './codec.js';
import type { FlowJob } from './flow-job.js';
import type { JobRef } from './job-ref.js';
import type { FinishedState, JobState } from './job-state.js';
import type { JobsOptions } from './job-options.js';
import type { JobRecord } from './job-record.js';
import type { JobWrite } from './job-write.js';

/** A job as it is stored, with the state that its membership says. */
export interface LoadedJob {
  record: JobRecord;
  state: JobState;
}

/** Which counters a retry sets back to zero. */
export interface RetryOptions {
  /** Tries that have ended, so that all `attempts` are there again. Default false. */
  resetAttemptsMade?: boolean;
  /** Starts, as `maxStartedAttempts` counts them. Default false. */
  resetAttemptsStarted?: boolean;
}

/** How a job is to be cancelled. */
export interface CancelCall {
  /** JSON text: why. */
  json: string;
  /** What to keep of failed jobs, as scripts read it. */
  keep: string;
  undo: boolean;
  children: boolean;
}

/** Which children to read: `p` pending, `c` completed, `i` failed and ignored, `f` failed and counted. */
export interface ChildQuery {
  letters: string;
  /** Whether to read what they brought. */
  values: boolean;
  /** 0 at first. */
  cursor: number;
  /** How many at most. */
  count?: number;
}

export interface ChildPage {
  /** 0 at the end. */
  cursor: number;
  /** In no particular order; one may come twice. `payload` is JSON. */
  children: { ref: JobRef; letter: string; payload: string }[];
}

/** A child that was added. */
export interface AddedChild {
  ref: JobRef;
  name: string;
  data: unknown;
  opts: JobsOptions;
  /** Whether the parent had it already; nothing was added then. */
  known: boolean;
}

/** Makes jobs. */
export type JobClass = new (
  store: JobStore,
  id: string,
  name: any,
  data: any,
  opts: JobsOptions,
  timestamp: number,
) => unknown;

/**
 * An entry that nobody waits for. As long as it is not on its way another one may take its place, that says what it said and more: returns what comes
 * of that one, undefined when it is too late.
 */
export type LoneWrite = (other: JobWrite) => Promise<string> | undefined;

/**
 * What a `Job` needs of the store. A method returns the script's word: 'ok', or why nothing was done. The id of a job that
 * is changed may name its life, see `lifeId`.
 */
export interface JobStore {
  readonly queueName: string;
  readonly prefix: string;
  readonly runtime: Runtime;
  /** Of the queue, for values that users gave; JSON when there is none. */
  readonly codec?: Codec | undefined;
  /** A class derived from `Job`, for all jobs of this store. Default: `Job` itself. */
  readonly jobClass?: JobClass | undefined;
  /** Joins the group commit that this job belongs to. */
  write(entry: JobWrite): Promise<string>;
  /** As `write`, for what a worker itself says of its runs: it waits for Redis as long as the worker does. */
  keep(entry: JobWrite): Promise<string>;
  /** As `keep`, for what nobody waits for. */
  keepAlone(entry: JobWrite): LoneWrite;
  loadJob(id: string): Promise<LoadedJob | undefined>;
  /** @param removeChildren whether all below it goes too */
  removeJob(id: string, removeChildren: boolean): Promise<string>;
  retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string>;
  promoteJob(id: string): Promise<string>;
  /** Ends a deduplication; with an owner, only while that job is behind it. */
  removeDedupKey(id: string, owner: string): Promise<string>;
  changeDelay(id: string, delayMs: number): Promise<string>;
  changePriority(id: string, priority: number, front: boolean): Promise<string>;
  /** Keeps a signal for a step of the job; `key` distinguishes copies of it, '' for none. */
  signalJob(id: string, name: string, key: string, json: string): Promise<string>;
  /** Ends a job, or has its worker end it. Returns cancelled, cancelling, unchanged, undoing, finished or missing. */
  cancelJob(id: string, cancel: CancelCall): Promise<string>;
  /** Milliseconds from now; returns whether the lock is still held. */
  extendLock(id: string, token: string, durationMs: number): Promise<boolean>;
  /** Another queue of the same Redis. */
  peer(queue: { prefix: string; queueName: string }): JobStore;
  /** Some of a job's children. */
  children(id: string, query: ChildQuery): Promise<ChildPage>;
  /** Adds children to a job, trees as well; under a lock token, '' for none. Throws for what cannot be added. */
  addChildren(parentId: string, token: string, children: readonly FlowJob[]): Promise<AddedChild[]>;
  /** Resolves with true once what was written for that queue has reached it, with false when that takes too long. */
  hasReached(queue: { prefix: string; queueName: string }): Promise<boolean>;
  /** Lets the parent of a job no longer wait for it. Returns ok, unchanged or missing. */
  unlinkChild(id: string): Promise<string>;
  /** Removes what is below a job and has not been started. */
  removeUnprocessed(id: string): Promise<void>;
  /** Fetches a job by hand under that token; undefined where there is none. Only a worker's store can. */
  fetchNext?(token: string): Promise<JobRecord | undefined>;
  /** Called after progress was stored, for local listeners. */
  progressed?(job: unknown, progress: unknown): void;
}
