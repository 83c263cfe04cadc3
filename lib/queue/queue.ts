import { checkObjects } from '../job/check.js';
import { Job } from '../job/job.js';
import { InvalidOptionError } from '../job/errors.js';
import { lifeOf } from '../job/job-life.js';
import type { BulkJobOptions, JobsOptions } from '../job/job-options.js';
import { type ParentOptions, refOf } from '../job/job-ref.js';
import type { LimitOptions } from '../job/limit.js';
import type { DedupPolicy } from '../job/dedup-policy.js';
import { type Carried, carrying } from '../job/tracing.js';
import type { AddedJob } from '../job/added-job.js';
import { type FlowNode, prepareNode } from '../job/flow-node.js';
import { type CheckedJob, newJob } from '../job/new-job.js';
import { checkQueueOptions, QUEUE_OPTION_NAMES } from './check-queue-options.js';
import { DedupPolicies } from './dedup-policies.js';
import { type LimitsOf, OwnLimits } from './own-limits.js';
import type { QueueOptions } from './queue-options.js';
import { QueueSchedules } from './queue-schedules.js';
import type { DataOf, NameOf, QueueListener, ResultOf } from './queue-types.js';

/** Jobs that one call adds at most. */
const MOST_AT_ONCE = 5000;

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
> extends QueueSchedules<Job<D, R, N>, D, N> {
  /** Names this object among all producers. */
  readonly token: string;
  declare readonly opts: QueueOptions;
  private readonly dedup: DedupPolicies;
  private ownLimits: OwnLimits | undefined;
  private readonly made = (added: AddedJob, { name, data, opts }: CheckedJob): Job<D, R, N> =>
    this.added(name as N, data as D, opts, added);

  constructor(name: string, opts: QueueOptions = {}) {
    checkQueueOptions(opts);
    super(name, opts, QUEUE_OPTION_NAMES);
    const maxEvents = opts.streams?.events.maxLen;
    this.token = this.store.runtime.uuid();
    this.dedup = new DedupPolicies(name, opts.codec);
    if (opts.dedup) {
      this.dedup.useAll(opts.dedup);
    }
    for (const [limit, numbers] of Object.entries(opts.limits ?? {})) {
      this.defineLimit(limit, numbers);
    }
    if (opts.limitsOf) {
      this.useLimits(opts.limitsOf);
    }
    if (maxEvents !== undefined) {
      this.store.control.setMaxEvents(maxEvents).catch((error: unknown) => this.emit('error', error));
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
   * Throws `InvalidOptionError`, `NotSerializableError`, `DataTooLargeError` or `ValueTooLargeError` before anything is written;
   * `CallTimeoutError` when Redis did not answer in time, whose `mayBeWritten` says whether the job may have been added all
   * the same; `BacklogFullError` when too many adds wait for Redis already.
   * With a `parent`: `MissingParentError` when that is gone, `ParentConflictError` when the `jobId` is that of the child
   * of another job.
   */
  add(name: N, data: D, opts?: JobsOptions): Promise<Job<D, R, N>> {
    const { tracing } = this;
    return tracing
      ? tracing.add(
          { queueName: this.name, jobName: name, count: 1 },
          (carried) => this.addNow(name, data, carrying(opts, carried)),
          ({ id }) => [id],
        )
      : this.addNow(name, data, opts);
  }

  private addNow(name: N, data: D, opts?: JobsOptions): Promise<Job<D, R, N>> {
    try {
      const own = this.limited(this.dedup.applyTo(opts, name, data), name, data);
      if (own?.parent) {
        return this.addChild(name, data, own);
      }
      return this.addChecked(newJob(name, data, own, this.opts.defaultJobOptions, this.opts.codec));
    } catch (refused) {
      return Promise.reject(refused as Error);
    }
  }

  /**
   * Adds many jobs in few calls, in their order. All are checked before the first is written. Where one has a `group.maxSize`, all are added in one
   * call, 5000 at most, or none: then it throws `GroupMaxSizeExceededError`.
   */
  async addBulk(jobs: { name: N; data: D; opts?: BulkJobOptions }[]): Promise<Job<D, R, N>[]> {
    checkObjects('jobs', jobs);
    return this.tracing
      ? this.tracing.add(
          { queueName: this.name, jobName: commonName(jobs), count: jobs.length },
          (carried) => this.addBulkNow(jobs, carried),
          (added) => added.map(({ id }) => id),
        )
      : this.addBulkNow(jobs);
  }

  private async addBulkNow(
    jobs: { name: N; data: D; opts?: BulkJobOptions }[],
    carried?: Carried,
  ): Promise<Job<D, R, N>[]> {
    const owned = jobs.map(({ name, data, opts }) =>
      this.limited(this.dedup.applyTo(carrying(opts, carried), name, data), name, data),
    );
    const { defaultJobOptions, codec } = this.opts;
    const isWhole = owned.some((own) => (own?.group ?? defaultJobOptions?.group)?.maxSize !== undefined);
    if (isWhole) {
      checkWhole(owned);
    } else if (this.ownLimits || owned.some((own) => own?.parent)) {
      return this.addEach(jobs, owned);
    }
    const made = jobs.map(({ name, data }, i) => newJob(name, data, owned[i], defaultJobOptions, codec));
    const { adds } = this.store;
    const news = made.map(({ job }) => job);
    const added = await (isWhole ? this.withLimits(() => adds.addWhole(news)) : adds.addMany(news));
    return jobs.map(({ name, data }, i) => this.added(name, data, made[i]!.opts, added[i]!));
  }

  /** Adds jobs each by itself, which may share calls with others. */
  private addEach(
    jobs: readonly { name: N; data: D }[],
    owned: readonly (JobsOptions | undefined)[],
  ): Promise<Job<D, R, N>[]> {
    const { defaultJobOptions, codec } = this.opts;
    const adds = jobs.map(({ name, data }, i) => {
      const own = owned[i];
      if (own?.parent) {
        const node = this.childNode(name, data, own);
        return () => this.attach(name, data, own.parent!, node);
      }
      const checked = newJob(name, data, own, defaultJobOptions, codec);
      return () => this.addChecked(checked);
    });
    return Promise.all(adds.map((add) => add()));
  }

  /** @internal */
  protected override withLimits<T>(attempt: () => Promise<T>): Promise<T> {
    return this.ownLimits ? this.ownLimits.add(attempt) : attempt();
  }

  /** @internal */
  protected override async whenOwnLimitsSet(): Promise<void> {
    await this.ownLimits?.whenSet();
  }

  /** @internal */
  protected override limitsFor(data: unknown, name: string): readonly string[] | undefined {
    return this.ownLimits?.namesOf(name, data);
  }

  /** With the limits and the group that the queue finds for a job, where it names none itself. */
  private limited(own: JobsOptions | undefined, name: N, data: D): JobsOptions | undefined {
    const { groupOf } = this.opts;
    const limits = own?.limits === undefined ? this.limitsFor(data, name) : undefined;
    const group = groupOf && own?.group === undefined ? groupOf(data, name) : undefined;
    return limits || group ? { ...own, ...(limits && { limits }), ...(group && { group }) } : own;
  }

  private get limits(): OwnLimits {
    this.ownLimits ??= new OwnLimits(
      (limit, numbers, keep) => this.storeLimit(limit, numbers, keep),
      (error) => this.emit('error', error),
    );
    return this.ownLimits;
  }

  private addChecked(checked: CheckedJob): Promise<Job<D, R, N>> {
    return this.withLimits(() => this.store.adds.add(checked.job, this.made, checked));
  }

  private async addChild(name: N, data: D, opts: JobsOptions): Promise<Job<D, R, N>> {
    return this.attach(name, data, opts.parent!, this.childNode(name, data, opts));
  }

  private childNode(name: N, data: D, opts: JobsOptions): FlowNode {
    const { parent, ...own } = opts;
    const flow = { name, data, queueName: this.name, opts: own };
    const defaults = {
      prefix: this.store.prefix,
      newId: this.store.runtime.uuid,
      optionsOf: () => this.opts.defaultJobOptions,
      codec: this.opts.codec,
    };
    return prepareNode(flow, defaults, refOf('parent', parent!));
  }

  private async attach(name: N, data: D, parent: ParentOptions, node: FlowNode): Promise<Job<D, R, N>> {
    const ref = refOf('parent', parent);
    const [child] = await this.withLimits(() => this.store.peer(ref).flows.attach(ref.id, '', [node]));
    const { id } = node.ref;
    const duplicated = child!.known;
    const now = this.store.runtime.now();
    const job = this.added(name, data, node.opts, { id, now, duplicated, deduplicated: false });
    if (node.opts.timestamp === undefined) {
      // It is created by a script whose time is not known.
      job.life = undefined;
    }
    return job;
  }

  private added(
    name: N,
    data: D,
    opts: JobsOptions,
    { id, now, duplicated, deduplicated }: AddedJob,
  ): Job<D, R, N> {
    const job = Job.make<D, R, N>(this.store.jobs, id, name, data, opts, opts.timestamp ?? now);
    job.deduplicated = deduplicated;
    if (!duplicated && !deduplicated) {
      job.life = lifeOf(job.timestamp);
      if (this.listenerCount('waiting') > 0) {
        this.emit('waiting', job);
      }
    }
    return job;
  }

  /**
   * Deduplicates the jobs that are added through this object, those of one name or all, where they do not say so.
   * Throws `InvalidOptionError` for a policy that contradicts itself, or a second one for the same jobs.
   * @param from what the policy stands on, for the error
   */
  useDedup(policy: DedupPolicy<D>, jobName?: N, from?: string): void {
    this.dedup.use(policy, jobName, from);
  }

  /**
   * Gives limits to the jobs that are added through this object, those of one name or all, where they name none. Throws
   * `InvalidOptionError` where those jobs have their limits from elsewhere.
   * @param from what it stands on, for the error
   */
  useLimits(limitsOf: LimitsOf<D>, jobName?: N, from = 'option limitsOf'): void {
    this.limits.use(limitsOf, jobName, from);
  }

  /**
   * Sets a limit as the option `limits` does: now, and again where an add finds that it has gone. Throws `InvalidOptionError` where it is
   * defined otherwise already.
   * @param from what it stands on, for the error
   */
  defineLimit(name: string, limit: LimitOptions, from = 'option limits'): void {
    this.limits.define(name, limit, from);
  }
}

/** Throws an `InvalidOptionError` for jobs that no one call can add. */
function checkWhole(jobs: readonly (JobsOptions | undefined)[]): void {
  if (jobs.length > MOST_AT_ONCE) {
    throw new InvalidOptionError(
      'jobs',
      jobs.length,
      `Add at most ${MOST_AT_ONCE} jobs at a time where one has a group.maxSize.`,
    );
  }
  const child = jobs.find((own) => own?.parent !== undefined);
  if (child) {
    throw new InvalidOptionError(
      'parent',
      child.parent,
      'Add jobs with a parent apart from those with a group.maxSize.',
    );
  }
}

function commonName(jobs: readonly { name: string }[]): string | undefined {
  const name = jobs[0]?.name;
  return jobs.every((job) => job.name === name) ? name : undefined;
}
