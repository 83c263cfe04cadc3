import type { JobClass } from '../../job/job-store.js';
import type { BulkJobOptions, DefaultJobOptions, JobsOptions } from '../../job/job-options.js';
import type { FinishedState, JobType } from '../../job/job-state.js';
import type { RepeatOptions } from '../../job/repeat-options.js';
import { QUEUE_OPTION_NAMES } from '../../queue/check-queue-options.js';
import type { QueueMeta } from '../../queue/queue-reports.js';
import { Queue as EngineQueue } from '../../queue/queue.js';
import type { QueueOptions as EngineQueueOptions } from '../../queue/queue-options.js';
import type { JobScheduler, JobSchedulerTemplate } from '../../schedule/job-scheduler.js';
import type { RedisClient } from '../../redis/client.js';
import type { DataOf, NameOf, QueueListener, ResultOf } from '../../queue/queue-types.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { Job } from './job.js';
import { engineJobOptions } from './job-options.js';
import { knownOptions } from './known-options.js';
import { coded } from './with-code.js';
import { withParents } from './with-parents.js';

/** The version whose behaviour this is. */
const STANDS_FOR = 'bullmq:6.7.0';

export interface QueueOptions<Connection = any> extends QueueBaseOptions<Connection> {
  /** Options for every job that does not set them itself. */
  defaultJobOptions?: DefaultJobOptions;
  streams?: { events: { maxLen: number } };
  /** Without effect. */
  skipMetasUpdate?: boolean;
  settings?: { repeatStrategy?: unknown; repeatKeyHashAlgorithm?: string };
  /** Of Stepwell: adds that may wait while Redis does not answer. */
  backlog?: number;
}

const REPEAT_OPTION_NAMES = [
  ...['pattern', 'every', 'tz', 'limit', 'startDate', 'endDate', 'immediately', 'offset', 'count'],
  ...['missed', 'atMost', 'overlap', 'jitter', 'spread'],
];

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
  constructor(name: string, opts?: QueueOptions) {
    super(name, queueOptions(opts));
  }

  get jobsOpts(): JobsOptions {
    return this.defaultJobOptions;
  }

  get metaValues(): Record<string, string | number> {
    const maxLen = this.opts.streams?.events.maxLen ?? 10_000;
    return { 'opts.maxLenEvents': maxLen, version: STANDS_FOR };
  }

  /** Of the BullMQ that it stands for: tools tell by it what they deal with. */
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
    return coded(async () => super.add(name, data, engineJobOptions(opts))) as Promise<Job<D, R, N>>;
  }

  override addBulk(jobs: { name: N; data: D; opts?: BulkJobOptions }[]): Promise<Job<D, R, N>[]> {
    const own = jobs.map(({ name, data, opts }) => {
      const taken = engineJobOptions(opts);
      return { name, data, ...(taken ? { opts: taken } : {}) };
    });
    return coded(async () => super.addBulk(own)) as Promise<Job<D, R, N>[]>;
  }

  override upsertJobScheduler(
    id: string,
    repeat: RepeatOptions,
    template: JobSchedulerTemplate<D, N> = {},
  ): Promise<any> {
    const { opts, ...rest } = template;
    const own = engineJobOptions(opts);
    if (own && typeof opts?.backoff === 'number') {
      own.backoff = opts.backoff;
    }
    const when = knownOptions('repeat option', repeat, REPEAT_OPTION_NAMES);
    return coded(async () => super.upsertJobScheduler(id, when, { ...rest, ...(own ? { opts: own } : {}) }));
  }

  override async getJobScheduler(id: string): Promise<JobScheduler<D> | undefined> {
    const found = await super.getJobScheduler(id);
    return found && { offset: 0, ...found };
  }

  override async getJobSchedulers(start?: number, end?: number, asc?: boolean): Promise<JobScheduler<D>[]> {
    return (await super.getJobSchedulers(start, end, asc)).map((each) => ({ offset: 0, ...each }));
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

  /** There is none. Answers 0. */
  async removeDeprecatedPriorityKey(): Promise<number> {
    return 0;
  }

  /** No job is left behind by a script. Answers 0. */
  async removeOrphanedJobs(_count?: number, _limit?: number): Promise<number> {
    return 0;
  }

  /** Answers 1 also for a job that is gone already, 0 where a worker holds it. */
  override async remove(id: string, opts: { removeChildren?: boolean } = {}): Promise<number> {
    const removed = await super.remove(id, opts);
    return removed === 1 || (await this.getJobState(id)) === 'unknown' ? 1 : 0;
  }

  /** Parents of this queue whose last child goes are removed with it. */
  override drain(delayed = false): Promise<void> {
    return coded(() => withParents(this.store, () => super.drain(delayed)));
  }

  /** Parents of this queue whose last child goes are removed with it. */
  override clean(grace: number, limit: number, type?: JobType): Promise<string[]> {
    return coded(() => withParents(this.store, () => super.clean(grace, limit, type)));
  }

  override retryJobs(
    opts: { count?: number; state?: FinishedState; timestamp?: number } = {},
  ): Promise<void> {
    return coded(() => super.retryJobs(opts));
  }

  override obliterate(opts: ObliterateOpts = {}): Promise<void> {
    return coded(() => super.obliterate(opts));
  }

  override updateJobProgress(id: string, progress: string | boolean | number | object): Promise<void> {
    return coded(() => super.updateJobProgress(id, progress));
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

  protected override get jobClass(): JobClass {
    return Job as unknown as JobClass;
  }
}

function queueOptions(opts: QueueOptions | undefined): EngineQueueOptions {
  const taken = engineOptions('queue option', opts, QUEUE_OPTION_NAMES) as EngineQueueOptions;
  if (taken.settings) {
    taken.settings = knownOptions('queue option settings', taken.settings, ['repeatStrategy']);
  }
  if (taken.defaultJobOptions) {
    const defaults = { ...engineJobOptions(taken.defaultJobOptions) };
    delete defaults.jobId;
    taken.defaultJobOptions = defaults;
  }
  return taken;
}
