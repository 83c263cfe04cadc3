import { randomUUID } from 'node:crypto';
import { checkInteger, checkNumber } from '../job/check.js';
import { checkJobOptions } from '../job/check-job-options.js';
import { InvalidOptionError, JobNotFoundError, WrongStateError } from '../job/errors.js';
import { Job } from '../job/job.js';
import type { JobProgress } from '../job/job-progress.js';
import type { BulkJobOptions, JobsOptions } from '../job/job-options.js';
import { type ParentOptions, refOf } from '../job/job-ref.js';
import type { FinishedState, JobType } from '../job/job-state.js';
import type { DedupPolicy } from '../job/dedup-policy.js';
import { encodeJson } from '../job/json.js';
import { signalJob, type SignalOptions } from '../job/signal.js';
import type { AddedJob } from '../store/added-job.js';
import { type FlowNode, prepareNode } from '../store/flow-node.js';
import { newJob } from '../store/new-job.js';
import { checkFinishedState, listedState } from './arguments.js';
import { DedupPolicies } from './dedup-policies.js';
import { QueueGetters } from './queue-getters.js';
import type { QueueOptions } from './queue-options.js';
import type { DataOf, NameOf, QueueListener, ResultOf } from './queue-types.js';

const SLICE = 1000;

/**
 * Adds jobs to a queue and controls it.
 *
 * @example
 * const photos = new Queue<Photo>('photos', { connection: 'redis://127.0.0.1:6379' });
 * const job = await photos.add('resize', { path: 'cat.jpg' }, { attempts: 3, backoff: 1000 });
 */
export class Queue<
  DataOrJob = any,
  DefaultResult = any,
  DefaultName extends string = string,
  D = DataOf<DataOrJob>,
  R = ResultOf<DataOrJob, DefaultResult>,
  N extends string = NameOf<DataOrJob, DefaultName>,
> extends QueueGetters<Job<D, R, N>> {
  /** Names this object among all producers. */
  readonly token = randomUUID();
  declare readonly opts: QueueOptions;
  private readonly dedup: DedupPolicies;

  constructor(name: string, opts: QueueOptions = {}) {
    if (opts.defaultJobOptions) {
      checkJobOptions(opts.defaultJobOptions);
      if ('jobId' in opts.defaultJobOptions) {
        throw new InvalidOptionError(
          'defaultJobOptions.jobId',
          opts.defaultJobOptions.jobId,
          'Give an id to each job instead.',
        );
      }
    }
    const maxEvents = opts.streams?.events.maxLen;
    if (maxEvents !== undefined) {
      checkInteger('streams.events.maxLen', maxEvents, 0);
    }
    super(name, opts);
    this.dedup = new DedupPolicies(name);
    if (opts.dedup) {
      this.dedup.useAll(opts.dedup);
    }
    if (maxEvents !== undefined) {
      this.store.setMaxEvents(maxEvents).catch((error: unknown) => this.emit('error', error));
    }
  }

  get defaultJobOptions(): JobsOptions {
    return this.opts.defaultJobOptions ?? {};
  }

  override on<E extends keyof QueueListener>(event: E, listener: QueueListener<D, R, N>[E]): this {
    return super.on(event, listener);
  }

  override once<E extends keyof QueueListener>(event: E, listener: QueueListener<D, R, N>[E]): this {
    return super.once(event, listener);
  }

  override off<E extends keyof QueueListener>(event: E, listener: QueueListener<D, R, N>[E]): this {
    return super.off(event, listener);
  }

  /**
   * Adds a job. With a `jobId` that is in use nothing is written, and the answer carries that job's id; the same where
   * a `deduplication` stops it, and `job.deduplicated` says so.
   * Throws `InvalidOptionError`, `NotSerializableError` or `DataTooLargeError` before anything is written;
   * `ConnectionError` when Redis did not answer, in which case the job may or may not have been added.
   * With a `parent`: `MissingParentError` when that is gone, `ParentConflictError` when the `jobId` is that of the child
   * of another job.
   */
  async add(name: N, data: D, opts?: JobsOptions): Promise<Job<D, R, N>> {
    const own = this.dedup.applyTo(opts, name, data);
    if (own?.parent) {
      return this.addChild(name, data, own);
    }
    const { job, opts: merged } = newJob(name, data, own, this.opts.defaultJobOptions, this.opts.codec);
    return this.added(name, data, merged, await this.store.add(job));
  }

  /** Adds many jobs in few calls, in their order. All are checked before the first is written. */
  async addBulk(jobs: { name: N; data: D; opts?: BulkJobOptions }[]): Promise<Job<D, R, N>[]> {
    const adds = jobs.map(({ name, data, opts }) => {
      const own = this.dedup.applyTo(opts, name, data);
      if (own?.parent) {
        const node = this.childNode(name, data, own);
        return () => this.attach(name, data, own.parent!, node);
      }
      const { job, opts: merged } = newJob(name, data, own, this.opts.defaultJobOptions, this.opts.codec);
      return async () => this.added(name, data, merged, await this.store.add(job));
    });
    return Promise.all(adds.map((add) => add()));
  }

  private async addChild(name: N, data: D, opts: JobsOptions): Promise<Job<D, R, N>> {
    return this.attach(name, data, opts.parent!, this.childNode(name, data, opts));
  }

  private childNode(name: N, data: D, opts: JobsOptions): FlowNode {
    const { parent, ...own } = opts;
    const flow = { name, data, queueName: this.name, opts: own };
    const defaults = {
      prefix: this.store.prefix,
      optionsOf: () => this.opts.defaultJobOptions,
      codec: this.opts.codec,
    };
    return prepareNode(flow, defaults, refOf('parent', parent!));
  }

  private async attach(name: N, data: D, parent: ParentOptions, node: FlowNode): Promise<Job<D, R, N>> {
    const ref = refOf('parent', parent);
    const [child] = await this.store.peer(ref).attach(ref.id, '', [node]);
    const { id } = node.ref;
    const duplicated = child!.known;
    return this.added(name, data, node.opts, { id, now: Date.now(), duplicated, deduplicated: false });
  }

  private added(
    name: N,
    data: D,
    opts: JobsOptions,
    { id, now, duplicated, deduplicated }: AddedJob,
  ): Job<D, R, N> {
    const job = new Job<D, R, N>(this.store, id, name, data, opts, opts.timestamp ?? now);
    job.deduplicated = deduplicated;
    if (!duplicated && !deduplicated && this.listenerCount('waiting') > 0) {
      this.emit('waiting', job);
    }
    return job;
  }

  /** Lets no further job of the queue start, anywhere. Running jobs go on. */
  async pause(): Promise<void> {
    await this.store.pause(true);
    this.emit('paused');
  }

  async resume(): Promise<void> {
    await this.store.pause(false);
    this.emit('resumed');
  }

  /**
   * Removes a job, and its children unless told otherwise. Answers 1, or 0 when there is none or a worker holds its lock,
   * or that of a job below it.
   */
  async remove(id: string, { removeChildren = true }: { removeChildren?: boolean } = {}): Promise<number> {
    const removed = (await this.store.removeJob(id, removeChildren)) === 'ok';
    if (removed) {
      this.emit('removed', id);
    }
    return removed ? 1 : 0;
  }

  async updateJobProgress(id: string, progress: JobProgress): Promise<void> {
    const word = await this.store.write([
      'progress',
      id,
      '',
      encodeJson('Progress', progress, 'null', this.opts.codec),
    ]);
    if (word !== 'ok') {
      throw new JobNotFoundError(id, 'update the progress of');
    }
    this.emit('progress', id, progress);
  }

  /**
   * Sends a signal to an unfinished job: a step that waits for one of that name goes on with the payload, at once or when
   * it comes to wait. Until then the last signal of a name is kept. Answers false for a copy, told by its `key`. Throws
   * `JobNotFoundError` or, for a finished job, `WrongStateError`.
   *
   * @example
   * await orders.signal(orderId, 'approved', { by: 'ada' }, { key: webhook.id });
   */
  signal(jobId: string, name: string, payload?: unknown, options?: SignalOptions): Promise<boolean> {
    return signalJob(this.store, jobId, name, payload, options);
  }

  /** Adds a line to a job's log. Answers how many lines it has. */
  async addJobLog(id: string, line: string, keepLogs?: number): Promise<number> {
    if (keepLogs !== undefined) {
      checkInteger('keepLogs', keepLogs, 0);
    }
    const word = await this.store.write([
      'log',
      id,
      '',
      line,
      keepLogs === undefined ? '' : String(keepLogs),
    ]);
    if (word === 'missing') {
      throw new JobNotFoundError(id, 'log for');
    }
    return Number(word);
  }

  /** Removes all jobs that wait, also for children, and the delayed ones too when asked. */
  async drain(delayed = false): Promise<void> {
    await this.store.drain(delayed);
  }

  /**
   * Removes jobs of one state that are older than `grace` milliseconds: by creation while they wait, by start while
   * active (only those whose lock expired), by finishing time afterwards.
   * @param limit how many at most; 0 for no limit
   */
  async clean(grace: number, limit: number, type: JobType = 'completed'): Promise<string[]> {
    checkNumber('grace', grace, 0);
    checkInteger('limit', limit, 0);
    const state = listedState(type);
    const cleaned: string[] = [];
    for (let start = 0; start >= 0 && (limit === 0 || cleaned.length < limit);) {
      const left = limit === 0 ? 0 : limit - cleaned.length;
      const slice = await this.store.cleanSlice({ state, graceMs: grace, limit: left, start });
      cleaned.push(...slice.removed);
      start = slice.next;
    }
    await this.store.deliver();
    this.emit('cleaned', cleaned, type);
    return cleaned;
  }

  /** Deletes the queue with all its jobs. Throws `WrongStateError` while jobs are active, unless forced. */
  async obliterate({
    force = false,
    count = SLICE,
  }: { force?: boolean; count?: number } = {}): Promise<void> {
    checkInteger('count', count, 1);
    await this.pause();
    let word: string;
    do {
      word = await this.store.obliterateSlice(Math.min(count, SLICE), force);
    } while (word === 'more');
    if (word === 'active') {
      throw new WrongStateError(
        '*',
        'obliterate the queue with',
        'finished: some are active. Use { force: true }',
      );
    }
    if (word === 'undelivered') {
      throw new WrongStateError(
        '*',
        'obliterate the queue with',
        'forgotten: parents in other queues wait for it',
      );
    }
    if (word !== 'done') {
      throw new WrongStateError('*', 'obliterate the queue with', 'paused: it was resumed meanwhile');
    }
  }

  /** Makes finished jobs wait again. `timestamp`: only those that finished up to then. */
  async retryJobs(opts: { count?: number; state?: FinishedState; timestamp?: number } = {}): Promise<void> {
    const { count = SLICE, state = 'failed', timestamp = 0 } = opts;
    checkFinishedState(state);
    checkInteger('count', count, 1);
    checkNumber('timestamp', timestamp, 0);
    for (let before = timestamp, moved = SLICE; moved > 0;) {
      ({ moved, before } = await this.store.retrySlice(state, Math.min(count, SLICE), before));
    }
    await this.store.deliver();
  }

  /** Makes all delayed jobs wait for a worker. */
  async promoteJobs({ count = SLICE }: { count?: number } = {}): Promise<void> {
    checkInteger('count', count, 1);
    while ((await this.store.promoteSlice(Math.min(count, SLICE))) > 0);
  }

  /**
   * Deduplicates the jobs that are added through this object, those of one name or all, where they do not say so.
   * Throws `InvalidOptionError` for a policy that contradicts itself, or a second one for the same jobs.
   * @param from what the policy stands on, for the error
   */
  useDedup(policy: DedupPolicy<D>, jobName?: N, from?: string): void {
    this.dedup.use(policy, jobName, from);
  }

  /** Id of the job behind a deduplication, null when there is none. With a `ttl` it may be a job that has finished. */
  async getDeduplicationJobId(id: string): Promise<string | null> {
    return (await this.store.inspect.getDedupOwner(id)) || null;
  }

  /** Ends a deduplication by hand. Answers 1, or 0 when there was none. */
  async removeDeduplicationKey(id: string): Promise<number> {
    return (await this.store.removeDedupKey(id, '')) === 'ok' ? 1 : 0;
  }

  /** Lets no job of the queue start for that many milliseconds. */
  async rateLimit(durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    await this.store.closeRateLimit(Math.ceil(durationMs));
  }

  /** Lifts the rate limit that holds now. */
  async removeRateLimitKey(): Promise<number> {
    return (await this.store.closeRateLimit(0)) === 'ok' ? 1 : 0;
  }

  /** Cuts the event stream to about so many entries. Answers how many were dropped. */
  async trimEvents(maxLength: number): Promise<number> {
    checkInteger('maxLength', maxLength, 0);
    return this.store.trimEvents(maxLength);
  }
}
