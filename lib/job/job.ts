import { cancelJob, type CancelOptions, type CancelOutcome } from './cancel-job.js';
import { checkInteger, checkNumber, PRIORITY_LIMIT } from './check.js';
import { InvalidOptionError, JobOfSchedulerError, WrongStateError } from './errors.js';
import { decodeBody } from './job-body.js';
import type { FlowJob } from './flow-job.js';
import type { JobJson } from './job-json.js';
import { lifeOf } from './job-life.js';
import type { BulkJobOptions, JobsOptions } from './job-options.js';
import { decodeValue } from './json.js';
import { JobRun } from './job-run.js';
import { refuseUnknown } from './known-names.js';
import type { JobRecord } from './job-record.js';
import { type JobStep, stepsOf } from './job-steps.js';
import type { FinishedState, JobState } from './job-state.js';
import type { JobStore, RetryOptions } from './job-store.js';
import { signalJob, type SignalOptions } from './signal.js';
import type { JobProgress } from './job-progress.js';
import { readValue } from './job-snapshot.js';
import { waitUntilFinished, type FinishSource } from './wait-until-finished.js';

/** What a user named when the job was fetched: a granted token goes on with the call, and a number. */
function nameOf(token: string, held: string): string {
  return held.startsWith(`${token}.`) ? token : token.replace(/\.[^.]+\.\d+:\d+$/, '');
}

/** What adds jobs: a `Queue`. */
interface JobQueue {
  add(name: any, data: any, opts?: JobsOptions): Promise<unknown>;
  addBulk(jobs: { name: any; data: any; opts?: BulkJobOptions }[]): Promise<unknown>;
  addJobLog(id: string, line: string, keepLogs?: number): Promise<number>;
}

/**
 * A job: what was asked for, and what has become of it as far as this object knows. It is a snapshot; `queue.getJob`
 * reads it anew. A job that a worker was given carries the lock token, and everything it writes is refused once
 * the lock is lost.
 */
export class Job<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> extends JobRun<D, R, N, P> {
  /** @internal */
  static fromRecord<D, R, N extends string, P extends JobProgress>(
    store: JobStore,
    record: JobRecord,
  ): Job<D, R, N, P> {
    const body = decodeBody(record.body);
    const job = Job.make<D, R, N, P>(
      store,
      record.id,
      body.name as N,
      undefined as D,
      body.opts,
      body.timestamp,
    );
    job.life = lifeOf(body.timestamp);
    job.unreadable = body.fault;
    job.data = readValue<D>(job, 'Job data', body.data, store.codec);
    job.take(record, store.codec);
    return job;
  }

  /** @internal A job of the class that the store's owner wants. */
  static make<D = any, R = any, N extends string = string, P extends JobProgress = JobProgress>(
    store: JobStore,
    id: string,
    name: N,
    data: D,
    opts: JobsOptions,
    timestamp: number,
  ): Job<D, R, N, P> {
    return new (store.jobClass ?? Job)(store, id, name, data, opts, timestamp) as Job<D, R, N, P>;
  }

  /** Same as `queue.add(name, data, opts)`. */
  static create<D = any, R = any, N extends string = string>(
    queue: JobQueue,
    name: N,
    data: D,
    opts?: JobsOptions,
  ): Promise<Job<D, R, N>> {
    return queue.add(name, data, opts) as Promise<Job<D, R, N>>;
  }

  /** Same as `queue.addBulk(jobs)`. */
  static createBulk<D = any, R = any, N extends string = string>(
    queue: JobQueue,
    jobs: { name: N; data: D; opts?: BulkJobOptions }[],
  ): Promise<Job<D, R, N>[]> {
    return queue.addBulk(jobs) as Promise<Job<D, R, N>[]>;
  }

  /** Same as `queue.addJobLog(id, line, keepLogs)`. */
  static addJobLog(queue: JobQueue, id: string, line: string, keepLogs?: number): Promise<number> {
    return queue.addJobLog(id, line, keepLogs);
  }

  /**
   * A job as `asJSON` has written it down, of whatever queue that object belongs to. Reads nothing of Redis.
   * @param queue a `Queue`
   * @param id in place of the one in `json`
   */
  static fromJSON<D = any, R = any, N extends string = string>(
    queue: object,
    json: JobJson,
    id = json.id,
  ): Job<D, R, N> {
    const store = (queue as { store?: { jobs?: JobStore } }).store?.jobs;
    if (!store) {
      throw new InvalidOptionError('queue', queue.constructor.name, 'Use a Queue.');
    }
    const { codec } = store;
    const job = Job.make<D, R, N>(
      store,
      id,
      json.name as N,
      decodeValue('Job data', json.data, codec) as D,
      json.opts,
      json.timestamp,
    );
    job.takeJson(json, codec);
    return job;
  }

  /** The job with that id, or undefined. Same as `queue.getJob(id)`. */
  static fromId<J extends Job>(
    queue: { getJob(id: string): Promise<J | undefined> },
    id: string,
  ): Promise<J | undefined> {
    return queue.getJob(id);
  }

  /**
   * Completes a job that was fetched by hand with `worker.getNextJob`. Resolves when its parent, where it has one, knows.
   * Returns false when a parent in another queue could not be reached yet: it will learn of it. With `fetchNext`, it returns
   * the next job, which is held under the same token, or undefined where there is none.
   */
  moveToCompleted(result: R, token: string, fetchNext?: false): Promise<boolean>;
  moveToCompleted(result: R, token: string, fetchNext: true): Promise<Job<D, R, N> | undefined>;
  moveToCompleted(result: R, token: string, fetchNext?: boolean): Promise<boolean | Job<D, R, N> | undefined>;
  async moveToCompleted(
    result: R,
    token: string,
    fetchNext = false,
  ): Promise<boolean | Job<D, R, N> | undefined> {
    const reached = await this.complete(result, token);
    return fetchNext ? this.nextAfter(token) : reached;
  }

  /**
   * Ends the attempt of a job that was fetched by hand: it is tried again, or fails for good. Resolves when its parent,
   * where it has one, knows. Returns false when a parent in another queue could not be reached yet: it will learn of it.
   * With `fetchNext`, it returns the next job, as in `moveToCompleted`.
   */
  moveToFailed(error: Error, token: string, fetchNext?: false): Promise<boolean>;
  moveToFailed(error: Error, token: string, fetchNext: true): Promise<Job<D, R, N> | undefined>;
  moveToFailed(error: Error, token: string, fetchNext?: boolean): Promise<boolean | Job<D, R, N> | undefined>;
  async moveToFailed(
    error: Error,
    token: string,
    fetchNext = false,
  ): Promise<boolean | Job<D, R, N> | undefined> {
    const reached = await this.fail(error, token);
    return fetchNext ? this.nextAfter(token) : reached;
  }

  /** What a granted token begins with is what the user named. */
  private async nextAfter(token: string): Promise<Job<D, R, N> | undefined> {
    const held = this.token ?? token;
    const record = await this.store.fetchNext?.(nameOf(token, held));
    if (!record) return undefined;
    const next = Job.fromRecord<D, R, N, JobProgress>(this.store, record);
    next.processedOn = this.runtime.now();
    return next;
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

  /**
   * What has become of the job's steps, in the order in which they first ran. It is read anew; a job without steps has
   * none. What undoes a step is listed under the name `undo:<step>`.
   */
  async getSteps(): Promise<JobStep[]> {
    return stepsOf((await this.load())?.record.fields ?? {}, this.codec);
  }

  /** Same as `queue.signal(job.id, …)`. */
  signal(name: string, payload?: unknown, options?: SignalOptions): Promise<boolean> {
    return signalJob(this.store, this.named, name, payload, options);
  }

  /** Same as `queue.cancel(job.id, …)`, for this very job. */
  cancel(reason?: string, options?: CancelOptions): Promise<CancelOutcome> {
    return cancelJob(this.store, this.named, reason, options);
  }

  /**
   * Removes the job and all that belongs to it, its children included unless an option says otherwise. Throws `WrongStateError`
   * while a worker holds a lock that has not expired, of the job or of one below it.
   */
  async remove(options: { removeChildren?: boolean } = {}): Promise<void> {
    refuseUnknown('remove option', options, ['removeChildren']);
    const { removeChildren = true } = options;
    const word = await this.store.removeJob(this.named, removeChildren);
    if (word === 'locked') {
      throw new WrongStateError(this.id, 'remove', 'free: a worker holds a lock of it, or of a job below it');
    }
    if (word === 'scheduled') {
      throw new JobOfSchedulerError(this.id);
    }
    this.expect(word, 'remove');
  }

  /** Puts a failed (or completed) job back to where its priority has it wait. */
  async retry(state: FinishedState = 'failed', options: RetryOptions = {}): Promise<void> {
    refuseUnknown('retry option', options, ['resetAttemptsMade', 'resetAttemptsStarted']);
    this.expect(
      await this.store.retryJob(this.named, state, this.opts.lifo ?? false, options),
      'retry',
      state,
    );
    this.failedReason = null;
    this.cancellation = undefined;
    this.finishedOn = null;
    this.processedOn = null;
    this.returnvalue = null as R;
    if (options.resetAttemptsMade) this.attemptsMade = 0;
    if (options.resetAttemptsStarted) this.attemptsStarted = 0;
  }

  /** Ends the deduplication that this job has begun. Returns false when another job, or none, is behind it. */
  async removeDeduplicationKey(): Promise<boolean> {
    const id = this.deduplicationId;
    return id !== undefined && (await this.store.removeDedupKey(id, this.id)) === 'ok';
  }

  /** Starts a delayed job as soon as a worker is free. */
  async promote(): Promise<void> {
    this.expect(await this.store.promoteJob(this.named), 'promote', 'delayed');
    this.delay = 0;
  }

  /** Makes a delayed job due `delay` milliseconds from now. */
  async changeDelay(delay: number): Promise<void> {
    checkNumber('delay', delay, 0);
    this.expect(await this.store.changeDelay(this.named, Math.ceil(delay)), 'change the delay of', 'delayed');
    this.delay = delay;
  }

  /** Moves a job that waits to another priority; `lifo` puts it in front of that priority. */
  async changePriority(options: { priority?: number; lifo?: boolean }): Promise<void> {
    refuseUnknown('changePriority option', options, ['priority', 'lifo']);
    const { priority = 0, lifo = false } = options;
    checkInteger('priority', priority, 0, PRIORITY_LIMIT);
    this.expect(await this.store.changePriority(this.named, priority, lifo), 'change the priority of');
    this.priority = priority;
  }

  /**
   * Adds children to this job, whole trees as well, all or none. What it has already is left out with all below it, so that a
   * run that is repeated may add them again; such children need a `jobId` of their own. Returns the children, distinguished by `deduplicated`.
   * Throws `LockLostError` once a later run holds the job, `MissingParentError` when it is gone.
   */
  async addChildren(children: readonly FlowJob[]): Promise<Job[]> {
    const added = await this.store.addChildren(this.id, this.token ?? '', children);
    return added.map(({ ref, name, data, opts, known }) => {
      const job = Job.make(
        this.store.peer(ref),
        ref.id,
        name,
        data,
        opts,
        opts.timestamp ?? this.store.runtime.now(),
      );
      job.deduplicated = known;
      return job;
    });
  }

  /** Where the job is now, `unknown` when it is gone. */
  async getState(): Promise<JobState | 'unknown'> {
    return (await this.load())?.state ?? 'unknown';
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
   * with `WaitTimeoutError` after `ttl` milliseconds, with `JobNotFoundError` when the job is gone without a trace,
   * with `ConnectionClosedError` where the events or the job's queue are closed, before or meanwhile.
   * Stored state is read as well as events, so that a missed event delays the result but never loses it.
   */
  waitUntilFinished(events: FinishSource, ttl?: number): Promise<R> {
    return waitUntilFinished<R>(this.store, this, events, ttl);
  }
}
