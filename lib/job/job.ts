import { checkInteger, checkNumber, PRIORITY_LIMIT } from './check.js';
import {
  InvalidOptionError,
  JobNotFoundError,
  LockLostError,
  PendingChildrenError,
  WrongStateError,
} from './errors.js';
import { decodeBody } from './job-body.js';
import { failureOf, type Failure } from './job-failure.js';
import type { FlowJob } from './flow-job.js';
import { JobFamily } from './job-family.js';
import { encodeJson } from './json.js';
import type { JobsOptions } from './job-options.js';
import type { JobFields, JobRecord } from './job-record.js';
import { type JobStep, stepsOf } from './job-steps.js';
import type { FinishedState, JobState } from './job-state.js';
import type { JobStore, RetryOptions } from './job-store.js';
import type { JobWrite } from './job-write.js';
import { signalJob, type SignalOptions } from './signal.js';
import type { JobProgress } from './job-progress.js';
import { JobSnapshot, readValue } from './job-snapshot.js';
import { refOf, refText, type ParentOptions } from './job-ref.js';
import { retentionText } from './retention.js';
import { UnrecoverableError } from './special-errors.js';
import { waitUntilFinished, type FinishSource } from './wait-until-finished.js';

/**
 * A job: what was asked for, and what has become of it as far as this object was told. It is a snapshot; `queue.getJob`
 * reads it anew. A job that a worker was given carries the lock token, and everything it writes is refused once
 * the lock is lost.
 */
export class Job<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends JobFamily<D, R, N, P> {
  /** @internal Whether this object has ended its run by moving the job. */
  moved = false;

  /** @internal */
  static fromRecord<D, R, N extends string, P extends JobProgress>(
    store: JobStore,
    record: JobRecord,
  ): Job<D, R, N, P> {
    const body = decodeBody(record.body);
    const job = new Job<D, R, N, P>(
      store,
      record.id,
      body.name as N,
      undefined as D,
      body.opts,
      body.timestamp,
    );
    job.data = readValue<D>(job, 'Job data', body.data, store.codec);
    job.take(record, store.codec);
    return job;
  }

  /** The job with that id, or undefined. Same as `queue.getJob(id)`. */
  static fromId<J extends Job>(
    queue: { getJob(id: string): Promise<J | undefined> },
    id: string,
  ): Promise<J | undefined> {
    return queue.getJob(id);
  }

  get queueName(): string {
    return this.store.queueName;
  }

  get prefix(): string {
    return this.store.prefix;
  }

  /** Name of the queue with its prefix, as children name the queue of their parent. */
  get queueQualifiedName(): string {
    return `${this.store.prefix}:${this.store.queueName}`;
  }

  /** Replaces the job's data. Refused with `LockLostError` once a later run holds the job. */
  async updateData(data: D): Promise<void> {
    const json = encodeJson('Job data', data, '{}', this.store.codec);
    this.expect(await this.store.write(['data', this.id, this.token ?? '', json]), 'update');
    this.data = data;
  }

  /** Stores the job's progress and tells listeners. */
  async updateProgress(progress: P): Promise<void> {
    const json = encodeJson('Progress', progress, 'null', this.store.codec);
    this.expect(
      await this.store.write(['progress', this.id, this.token ?? '', json]),
      'update the progress of',
    );
    this.progress = progress;
    this.store.progressed?.(this, progress);
  }

  /** Adds a line to the job's log. Answers how many lines it has. */
  async log(line: string): Promise<number> {
    const keep = this.opts.keepLogs === undefined ? '' : String(this.opts.keepLogs);
    const word = await this.store.write(['log', this.id, this.token ?? '', String(line), keep]);
    const count = Number(word);
    if (Number.isNaN(count)) {
      this.expect(word, 'log for');
    }
    return count;
  }

  /**
   * What has become of the job's steps, in the order in which they first ran. It is read anew; a job without steps has
   * none. What undoes a step is told under the name `undo:<step>`.
   */
  async getSteps(): Promise<JobStep[]> {
    return stepsOf((await this.store.loadJob(this.id))?.record.fields ?? {});
  }

  /** Same as `queue.signal(job.id, …)`. */
  signal(name: string, payload?: unknown, options?: SignalOptions): Promise<boolean> {
    return signalJob(this.store, this.id, name, payload, options);
  }

  /** Removes the job's log lines but the newest `keepLogs` ones (default: none are kept). */
  async clearLogs(keepLogs = 0): Promise<void> {
    checkInteger('keepLogs', keepLogs, 0);
    this.expect(
      await this.store.write(['clear-logs', this.id, this.token ?? '', String(keepLogs)]),
      'clear the logs of',
    );
  }

  /**
   * Removes the job and all that belongs to it, its children included unless told otherwise. Throws `WrongStateError`
   * while a worker holds a lock that has not expired, of the job or of one below it.
   */
  async remove({ removeChildren = true }: { removeChildren?: boolean } = {}): Promise<void> {
    const word = await this.store.removeJob(this.id, removeChildren);
    if (word === 'locked') {
      throw new WrongStateError(this.id, 'remove', 'free: a worker holds a lock of it, or of a job below it');
    }
    this.expect(word, 'remove');
  }

  /** Puts a failed (or completed) job back among the waiting ones. */
  async retry(state: FinishedState = 'failed', options: RetryOptions = {}): Promise<void> {
    this.expect(await this.store.retryJob(this.id, state, this.opts.lifo ?? false, options), 'retry', state);
    this.failedReason = undefined;
    this.finishedOn = undefined;
    this.processedOn = undefined;
    this.returnvalue = null as R;
    if (options.resetAttemptsMade) this.attemptsMade = 0;
    if (options.resetAttemptsStarted) this.attemptsStarted = 0;
  }

  /** Ends the deduplication that this job has begun. Answers false when another job, or none, is behind it. */
  async removeDeduplicationKey(): Promise<boolean> {
    const id = this.deduplicationId;
    return id !== undefined && (await this.store.removeDedupKey(id, this.id)) === 'ok';
  }

  /** Starts a delayed job as soon as a worker is free. */
  async promote(): Promise<void> {
    this.expect(await this.store.promoteJob(this.id), 'promote', 'delayed');
    this.delay = 0;
  }

  /** Makes a delayed job due `delay` milliseconds from now. */
  async changeDelay(delay: number): Promise<void> {
    checkNumber('delay', delay, 0);
    this.expect(await this.store.changeDelay(this.id, Math.ceil(delay)), 'change the delay of', 'delayed');
    this.delay = delay;
  }

  /** Moves a job that waits to another priority; `lifo` puts it in front of that priority. */
  async changePriority({ priority = 0, lifo = false }: { priority?: number; lifo?: boolean }): Promise<void> {
    checkInteger('priority', priority, 0, PRIORITY_LIMIT);
    this.expect(await this.store.changePriority(this.id, priority, lifo), 'change the priority of');
    this.priority = priority;
  }

  /** Completes a job that was fetched by hand with `worker.getNextJob`. */
  async moveToCompleted(result: R, token: string, _fetchNext = false): Promise<void> {
    const json = encodeJson('The result', result, 'null', this.store.codec);
    const keep = retentionText(this.opts.removeOnComplete);
    this.expect(
      await this.store.write(['complete', this.id, this.lockToken(token), json, keep]),
      'complete',
      'active',
    );
    this.attemptsMade += 1;
    this.returnvalue = result;
  }

  /** Ends the attempt of a job that was fetched by hand: it is tried again, or fails for good. */
  async moveToFailed(error: Error, token: string, _fetchNext = false): Promise<void> {
    const failure = await failureOf(this, error);
    this.expect(await this.store.write(this.failureWrite(failure, this.lockToken(token))), 'fail', 'active');
    this.failed(failure);
  }

  /** Ends this run; the job is due at `timestamp` (milliseconds). Throw `DelayedError` afterwards. No attempt is counted. */
  async moveToDelayed(timestamp: number, token?: string): Promise<void> {
    checkNumber('timestamp', timestamp, 0);
    const delay = Math.max(Math.ceil(timestamp - Date.now()), 1);
    this.expect(
      await this.store.write(['postpone', this.id, this.lockToken(token), String(delay)]),
      'delay',
      'active',
    );
    this.moved = true;
    this.delay = delay;
  }

  /** Ends this run; the job waits in front. Throw `WaitingError` afterwards. No attempt is counted. */
  async moveToWait(token?: string): Promise<void> {
    this.expect(await this.store.write(['postpone', this.id, this.lockToken(token), '0']), 'move', 'active');
    this.moved = true;
  }

  /**
   * Ends this run until the job's children have ended; it is then started from the top. Answers true when the job was
   * moved: throw `WaitingChildrenError` afterwards. Answers false when no child is pending, and the run goes on. No attempt is counted.
   * Throws `UnrecoverableError` when a child has failed with `failParentOnFailure`.
   * @param child only if this one is pending
   */
  async moveToWaitingChildren(token: string, { child }: { child?: ParentOptions } = {}): Promise<boolean> {
    const ref = child ? refText(refOf('child', child)) : '';
    const word = await this.store.write(['wait-children', this.id, this.lockToken(token), ref]);
    if (word === 'no-children') {
      return false;
    }
    this.expect(word, 'let wait for children', 'active');
    this.moved = true;
    return true;
  }

  /**
   * Adds children to this job, whole trees as well, all or none. What it has already is left out with all below it, so that a
   * run that is repeated may add them again; such children need a `jobId` of their own. Answers the children, told apart by `deduplicated`.
   * Throws `LockLostError` once a later run holds the job, `MissingParentError` when it is gone.
   */
  async addChildren(children: readonly FlowJob[]): Promise<Job[]> {
    const added = await this.store.addChildren(this.id, this.token ?? '', children);
    return added.map(({ ref, name, data, opts, known }) => {
      const job = new Job(this.store.peer(ref), ref.id, name, data, opts, opts.timestamp ?? Date.now());
      job.deduplicated = known;
      return job;
    });
  }

  /** Holds the lock for another `duration` milliseconds. Answers 1, or 0 when the lock was lost. */
  async extendLock(token: string, duration: number): Promise<number> {
    checkNumber('duration', duration, 1);
    return (await this.store.extendLock(this.id, this.lockToken(token), duration)) ? 1 : 0;
  }

  /** Where the job is now, `unknown` when it is gone. */
  async getState(): Promise<JobState | 'unknown'> {
    return (await this.store.loadJob(this.id))?.state ?? 'unknown';
  }

  async isCompleted(): Promise<boolean> {
    return (await this.getState()) === 'completed';
  }

  async isFailed(): Promise<boolean> {
    return (await this.getState()) === 'failed';
  }

  async isDelayed(): Promise<boolean> {
    return (await this.getState()) === 'delayed';
  }

  async isActive(): Promise<boolean> {
    return (await this.getState()) === 'active';
  }

  async isWaiting(): Promise<boolean> {
    return (await this.getState()) === 'waiting';
  }

  async isWaitingChildren(): Promise<boolean> {
    return (await this.getState()) === 'waiting-children';
  }

  /**
   * Resolves with the result once the job has completed, rejects with `JobFailedError` once it has failed for good,
   * with `WaitTimeoutError` after `ttl` milliseconds, with `JobNotFoundError` when the job is gone without a trace.
   * Stored state is read as well as events, so that a missed event delays the answer but never loses it.
   */
  waitUntilFinished(events: FinishSource, ttl?: number): Promise<R> {
    return waitUntilFinished<R>(this.store, this.id, events, ttl);
  }

  /** @internal The token to compare: what was granted begins with what a user named, and users may pass either. */
  lockToken(token: string | undefined): string {
    const held = this.token ?? '';
    if (token === undefined || token === held || held.startsWith(`${token}.`)) {
      return held;
    }
    return token;
  }

  /** @internal Joins the group commit of the run that holds the job. Answers the script's word. */
  write(entry: JobWrite): Promise<string> {
    return this.store.write(entry);
  }

  /** @internal What is stored of the job now, undefined when it is gone. */
  async readFields(): Promise<JobFields | undefined> {
    return (await this.store.loadJob(this.id))?.record.fields;
  }

  /** @internal Keeps what a run, or a step of it, has emitted last, and tells listeners. */
  async keepEmission(value: unknown, json: string, step = ''): Promise<void> {
    this.expect(
      await this.store.write(['emit', this.id, this.token ?? '', step, json]),
      'save an emission of',
    );
    this.store.progressed?.(this, value);
  }

  /** @internal */
  failureWrite(failure: Failure, token: string, removeOnFail = this.opts.removeOnFail) {
    const { reason, stack, retryDelayMs, exhausted } = failure;
    const stored = [JSON.stringify(reason), JSON.stringify(stack)] as const;
    return retryDelayMs === undefined
      ? (['fail', this.id, token, ...stored, retentionText(removeOnFail), exhausted ? '1' : ''] as const)
      : (['retry', this.id, token, ...stored, String(retryDelayMs), this.opts.lifo ? '1' : ''] as const);
  }

  /** @internal */
  failed(failure: Failure): void {
    this.attemptsMade += 1;
    this.failedReason = failure.reason;
    this.stacktrace = failure.stack;
  }

  private expect(word: string, action: string, needed = 'in the right state'): void {
    if (word === 'ok') {
      return;
    }
    if (word === 'missing') {
      throw new JobNotFoundError(this.id, action);
    }
    if (word === 'stale') {
      throw new LockLostError(this.id, action);
    }
    if (word === 'pending-children') {
      throw new PendingChildrenError(this.id);
    }
    if (word === 'child-failed') {
      throw new UnrecoverableError(`Cannot ${action} job ${this.id}: a child of it has failed.`);
    }
    if (word.startsWith('not-')) {
      throw new WrongStateError(this.id, action, needed);
    }
    throw new InvalidOptionError('reply', word, 'This is a fault of Stepwell: please report it.');
  }
}
