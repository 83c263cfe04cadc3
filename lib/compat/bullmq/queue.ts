import type { JobClass } from '../../job/job-store.js';
import type { BulkJobOptions, JobsOptions } from '../../job/job-options.js';
import type { FinishedState, JobType } from '../../job/job-state.js';
import type { RepeatOptions } from '../../job/repeat-options.js';
import type { QueueMeta } from '../../queue/queue-reports.js';
import { Queue as EngineQueue } from '../../queue/queue.js';
import type { JobScheduler as SchedulerJson, JobSchedulerTemplate } from '../../schedule/job-scheduler.js';
import type { RedisClient } from '../../redis/client.js';
import type { DataOf, NameOf, QueueListener, ResultOf } from '../../queue/queue-types.js';
import { Job } from './job.js';
import { engineJobOptions } from './job-options.js';
import { JobScheduler, repeatOptions, schedulerOptions, shown, templateOptions } from './job-scheduler.js';
import { type QueueOptions, queueOptions } from './queue-options.js';
import { carrying, inSpan, Spans } from './spans.js';
import { SpanKind, TelemetryAttributes } from '../../job/telemetry-names.js';
import { coded } from './with-code.js';
import { withParents } from './with-parents.js';

/** The version whose behaviour this is. */
const STANDS_FOR = 'bullmq:6.7.0';

export interface ObliterateOpts {
  force?: boolean;
  count?: number;
}

/** A queue as BullMQ documents it. */
export class Queue<
  DataOrJob = any,
  DefaultResult = any,
  DefaultName extends string = string,
  D = DataOf<DataOrJob>,
  R = ResultOf<DataOrJob, DefaultResult>,
  N extends string = NameOf<DataOrJob, DefaultName>,
> extends EngineQueue<DataOrJob, DefaultResult, DefaultName, D, R, N> {
  private readonly spans: Spans | undefined;
  private scheduling: JobScheduler | undefined;
  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  /** @internal */
  readonly given: QueueOptions;

  constructor(name: string, opts: QueueOptions = {}) {
    super(name, queueOptions(opts));
    this.given = opts;
    this.spans = Spans.of(opts.telemetry, name);
    this.spans?.belongTo(this.store.jobs);
  }

  get jobsOpts(): JobsOptions {
    return this.defaultJobOptions;
  }

  get metaValues(): Record<string, string | number> {
    const maxLen = this.opts.streams?.events.maxLen ?? 10_000;
    return { 'opts.maxLenEvents': maxLen, version: STANDS_FOR };
  }

  /** Of the BullMQ that it stands for: tools see by it what they deal with. */
  async getVersion(): Promise<string | null> {
    return STANDS_FOR;
  }

  override async getMeta(): Promise<QueueMeta> {
    return { ...(await super.getMeta()), version: STANDS_FOR };
  }

  /** For tools that ask for the client by it. */
  getBackend(): { client: Promise<RedisClient> } {
    return { client: this.client };
  }

  override add(name: N, data: D, opts?: JobsOptions): Promise<Job<D, R, N>> {
    const add = (own = opts): Promise<Job<D, R, N>> =>
      coded(async () => super.add(name, data, engineJobOptions(own))) as Promise<Job<D, R, N>>;
    const what = { kind: SpanKind.PRODUCER, destination: `${this.name}.${name}` };
    return this.spans
      ? this.spans.run('add', what, async ({ span, metadata }) => {
          const job = await add(carrying(opts, metadata));
          span.setAttributes({
            [TelemetryAttributes.JobName]: name,
            [TelemetryAttributes.JobId]: job.id,
          });
          return job;
        })
      : add();
  }

  override addBulk(jobs: { name: N; data: D; opts?: BulkJobOptions }[]): Promise<Job<D, R, N>[]> {
    const addAll = (metadata?: string): Promise<Job<D, R, N>[]> => {
      const own = jobs.map(({ name, data, opts }) => {
        const taken = engineJobOptions(metadata === undefined ? opts : carrying(opts, metadata));
        return { name, data, ...(taken ? { opts: taken } : {}) };
      });
      return coded(async () => super.addBulk(own)) as Promise<Job<D, R, N>[]>;
    };
    if (!this.spans) {
      return addAll();
    }
    const attributes = {
      [TelemetryAttributes.BulkNames]: jobs.map(({ name }) => name),
      [TelemetryAttributes.BulkCount]: jobs.length,
    };
    const what = { kind: SpanKind.PRODUCER, attributes };
    return this.spans.run('addBulk', what, ({ metadata }) => addAll(metadata));
  }

  override upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template: JobSchedulerTemplate<D, N> = {},
  ): Promise<any> {
    const { opts, ...rest } = template;
    const upsert = (given = opts): Promise<Job | undefined> =>
      coded(async () =>
        super.upsertJobScheduler(id, repeatOptions(repeat), { ...rest, ...templateOptions(given) }),
      ) as Promise<Job | undefined>;
    const what = { kind: SpanKind.PRODUCER, destination: `${this.name}.${template.name ?? id}` };
    return this.spans
      ? this.spans.run('add', what, async ({ span, metadata }) => {
          const job = await upsert(carrying(opts, metadata));
          span.setAttributes({
            [TelemetryAttributes.JobSchedulerId]: id,
            [TelemetryAttributes.JobId]: job?.id,
          });
          return job;
        })
      : upsert();
  }

  /** Of a kind of jobs that there is none of, such as `repeat`, there are 0. */
  override async getJobCounts(...types: (JobType | 'repeat')[]): Promise<Record<string, number>> {
    const counts = await super.getJobCounts(...types.filter(isKnown));
    if (types.length === 0) return counts;
    return Object.fromEntries(types.map((type) => [type, isKnown(type) ? (counts[type] ?? 0) : 0]));
  }

  override getJobCountByTypes(...types: (JobType | 'repeat')[]): Promise<number> {
    return types.length > 0 && !types.some(isKnown)
      ? Promise.resolve(0)
      : super.getJobCountByTypes(...types.filter(isKnown));
  }

  override async getJobs(
    types: JobType | 'repeat' | (JobType | 'repeat')[] = [],
    start?: number,
    end?: number,
    asc?: boolean,
  ): Promise<Job<D, R, N>[]> {
    const given = Array.isArray(types) ? types : [types];
    const known = given.length > 0 ? given.filter(isKnown) : ALL_TYPES;
    if (known.length === 0) return [];
    return (await super.getJobs([...known], start, end, asc)) as Job<D, R, N>[];
  }

  override async getJob(id: string): Promise<Job<D, R, N> | undefined> {
    return (await super.getJob(id)) as Job<D, R, N> | undefined;
  }

  override getWaiting(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('waiting', start, end, true);
  }

  override getPrioritized(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('prioritized', start, end, true);
  }

  override getDelayed(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('delayed', start, end, true);
  }

  override getWaitingChildren(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('waiting-children', start, end, true);
  }

  override getActive(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('active', start, end, true);
  }

  override getCompleted(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('completed', start, end, false);
  }

  override getFailed(start = 0, end = -1): Promise<Job<D, R, N>[]> {
    return this.getJobs('failed', start, end, false);
  }

  /** The four that follow return how many values are new, or gone. */
  override async setGlobalConcurrency(concurrency: number): Promise<any> {
    const before = await this.getGlobalConcurrency();
    await super.setGlobalConcurrency(concurrency);
    return before === null ? 1 : 0;
  }

  override async removeGlobalConcurrency(): Promise<any> {
    const before = await this.getGlobalConcurrency();
    await super.removeGlobalConcurrency();
    return before === null ? 0 : 1;
  }

  override async setGlobalRateLimit(max: number, duration: number): Promise<any> {
    const before = await this.getGlobalRateLimit();
    await super.setGlobalRateLimit(max, duration);
    return before === null ? 2 : 0;
  }

  override async removeGlobalRateLimit(): Promise<any> {
    const before = await this.getGlobalRateLimit();
    await super.removeGlobalRateLimit();
    return before === null ? 0 : 2;
  }

  /** Returns -2 where there is no limit, apart from a number of jobs that is given. */
  override async getRateLimitTtl(maxJobs?: number): Promise<number> {
    const ttl = await super.getRateLimitTtl(maxJobs);
    return ttl === 0 && maxJobs === undefined ? -2 : ttl;
  }

  /** Makes and reads job schedulers; the queue does the same by itself. */
  get jobScheduler(): Promise<JobScheduler> {
    return Promise.resolve((this.scheduling ??= new JobScheduler(this.name, schedulerOptions(this.given))));
  }

  /** Sets the gauge of the telemetry to how many jobs there are in these states; without any, in all. */
  async recordJobCountsMetric(...types: JobType[]): Promise<Record<string, number>> {
    const counts = await this.getJobCounts(...types);
    this.spans?.gauge(counts);
    return counts;
  }

  override async getJobScheduler(id: string): Promise<SchedulerJson<D> | undefined> {
    const found = await super.getJobScheduler(id);
    return found && shown(found);
  }

  override async getJobSchedulers(start?: number, end?: number, asc?: boolean): Promise<SchedulerJson<D>[]> {
    return (await super.getJobSchedulers(start, end, asc)).map(shown);
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** @deprecated Use `getDeduplicationJobId`. */
  getDebounceJobId(id: string): Promise<string | null> {
    return this.getDeduplicationJobId(id);
  }

  /** @deprecated Use `removeDeduplicationKey`. */
  removeDebounceKey(id: string): Promise<number> {
    return this.removeDeduplicationKey(id);
  }

  /** There is none. Returns 0. */
  async removeDeprecatedPriorityKey(): Promise<number> {
    return 0;
  }

  /** No job is left behind by a script. Returns 0. */
  async removeOrphanedJobs(_count?: number, _limit?: number): Promise<number> {
    return 0;
  }

  override pause(): Promise<void> {
    return inSpan(this.spans, 'pause', {}, () => super.pause());
  }

  override resume(): Promise<void> {
    return inSpan(this.spans, 'resume', {}, () => super.resume());
  }

  override rateLimit(durationMs: number): Promise<void> {
    const attributes = { [TelemetryAttributes.QueueRateLimit]: durationMs };
    return inSpan(this.spans, 'rateLimit', attributes, () => super.rateLimit(durationMs));
  }

  override removeDeduplicationKey(id: string): Promise<number> {
    const attributes = { [TelemetryAttributes.DeduplicationKey]: id };
    return inSpan(this.spans, 'removeDeduplicationKey', attributes, () => super.removeDeduplicationKey(id));
  }

  override promoteJobs(opts: { count?: number } = {}): Promise<void> {
    const attributes = { [TelemetryAttributes.QueueOptions]: JSON.stringify(opts) };
    return inSpan(this.spans, 'promoteJobs', attributes, () => super.promoteJobs(opts));
  }

  override trimEvents(maxLength: number): Promise<number> {
    const attributes = { [TelemetryAttributes.QueueEventMaxLength]: maxLength };
    return inSpan(this.spans, 'trimEvents', attributes, () => super.trimEvents(maxLength));
  }

  override close(): Promise<void> {
    return (this.closing ??= inSpan(this.spans, 'close', {}, async () => {
      await this.scheduling?.close();
      await super.close();
    }));
  }

  /** Returns 1 also for a job that is gone already, 0 where a worker holds it. */
  override remove(id: string, { removeChildren = true } = {}): Promise<number> {
    const attributes = {
      [TelemetryAttributes.JobId]: id,
      [TelemetryAttributes.JobOptions]: JSON.stringify({ removeChildren }),
    };
    return inSpan(this.spans, 'remove', attributes, async () => {
      const removed = await super.remove(id, { removeChildren });
      return removed === 1 || (await this.getJobState(id)) === 'unknown' ? 1 : 0;
    });
  }

  /** Parents of this queue whose last child goes are removed with it. */
  override drain(delayed = false): Promise<void> {
    const attributes = { [TelemetryAttributes.QueueDrainDelay]: delayed };
    return inSpan(this.spans, 'drain', attributes, () =>
      coded(() => withParents(this.store, () => super.drain(delayed))),
    );
  }

  /** Parents of this queue whose last child goes are removed with it. */
  override clean(grace: number, limit: number, type: JobType = 'completed'): Promise<string[]> {
    const clean = (): Promise<string[]> =>
      coded(() => withParents(this.store, () => super.clean(grace, limit, type)));
    if (!this.spans) {
      return clean();
    }
    const attributes = {
      [TelemetryAttributes.QueueGrace]: grace,
      [TelemetryAttributes.JobType]: type,
      [TelemetryAttributes.QueueCleanLimit]: limit,
    };
    return this.spans.run('clean', { attributes }, async ({ span }) => {
      const cleaned = await clean();
      span.setAttribute(TelemetryAttributes.QueueCleanCount, cleaned.length);
      return cleaned;
    });
  }

  override retryJobs(
    opts: { count?: number; state?: FinishedState; timestamp?: number } = {},
  ): Promise<void> {
    const retry = (): Promise<void> => coded(() => super.retryJobs(opts));
    const attributes = { [TelemetryAttributes.QueueOptions]: JSON.stringify(opts) };
    return this.spans ? this.spans.run('retryJobs', { attributes, kind: SpanKind.PRODUCER }, retry) : retry();
  }

  override obliterate(opts: ObliterateOpts = {}): Promise<void> {
    return inSpan(this.spans, 'obliterate', {}, () => coded(() => super.obliterate(opts)));
  }

  override updateJobProgress(id: string, progress: string | boolean | number | object): Promise<void> {
    const attributes = {
      [TelemetryAttributes.JobId]: id,
      [TelemetryAttributes.JobProgress]: JSON.stringify(progress),
    };
    return inSpan(this.spans, 'updateJobProgress', attributes, () =>
      coded(() => super.updateJobProgress(id, progress)),
    );
  }

  override addJobLog(id: string, line: string, keepLogs?: number): Promise<number> {
    return coded(() => super.addJobLog(id, line, keepLogs));
  }

  override on<E extends keyof QueueListener>(event: E, listener: QueueListener<D, R, N>[E]): this;
  override on(event: 'ioredis:close', listener: () => void): this;
  override on(event: any, listener: any): this {
    return super.on(event as keyof QueueListener, listener as never);
  }

  override once<E extends keyof QueueListener>(event: E, listener: QueueListener<D, R, N>[E]): this;
  override once(event: 'ioredis:close', listener: () => void): this;
  override once(event: any, listener: any): this {
    return super.once(event as keyof QueueListener, listener as never);
  }

  /** The kind of jobs that were cleaned has the name that BullMQ has for it. */
  override emit(event: string | symbol, ...args: any[]): boolean {
    if (event === 'cleaned' && args[1] === 'waiting') {
      return super.emit(event, args[0], 'wait');
    }
    return super.emit(event, ...args);
  }

  protected override get jobClass(): JobClass {
    return Job as unknown as JobClass;
  }
}

/** The kinds of jobs, in the order in which they are listed where none is named. */
const ALL_TYPES = [
  ...(['active', 'completed', 'delayed', 'failed', 'prioritized', 'waiting', 'waiting-children'] as const),
];
const KNOWN_TYPES: ReadonlySet<string> = new Set([...ALL_TYPES, 'wait', 'paused']);

function isKnown(type: string): type is JobType {
  return KNOWN_TYPES.has(type);
}
