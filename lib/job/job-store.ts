import type { FinishedState, JobState } from './job-state.js';
import type { JobRecord } from './job-record.js';
import type { JobWrite } from './job-write.js';

/** A job as it is stored, with the state that its membership says. */
export interface LoadedJob {
  record: JobRecord;
  state: JobState;
}

/** Which counters a retry sets back to zero. */
export interface RetryOptions {
  resetAttemptsMade?: boolean;
  resetAttemptsStarted?: boolean;
}

/** What a `Job` needs of the store. A method answers the script's word: 'ok', or why nothing was done. */
export interface JobStore {
  readonly queueName: string;
  readonly prefix: string;
  /** Joins the group commit that this job belongs to. */
  write(entry: JobWrite): Promise<string>;
  loadJob(id: string): Promise<LoadedJob | undefined>;
  removeJob(id: string): Promise<string>;
  retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string>;
  promoteJob(id: string): Promise<string>;
  /** Ends a deduplication; with an owner, only while that job is behind it. */
  removeDedupKey(id: string, owner: string): Promise<string>;
  changeDelay(id: string, delayMs: number): Promise<string>;
  changePriority(id: string, priority: number, front: boolean): Promise<string>;
  /** Keeps a signal for a step of the job; `key` tells copies of it, '' for none. */
  signalJob(id: string, name: string, key: string, json: string): Promise<string>;
  /** Milliseconds from now; answers whether the lock is still held. */
  extendLock(id: string, token: string, durationMs: number): Promise<boolean>;
  /** Told after progress was stored, for local listeners. */
  progressed?(job: unknown, progress: unknown): void;
}
