import type { JobsOptions } from '../../job/job-options.js';
import type { ConnectionOptions as EngineConnectionOptions, IoredisOptions } from '../../redis/client.js';
import type { FlowJob } from '../../job/flow-job.js';
import type { JobJsonSandbox } from '../../job/job-json.js';
import type { Job } from './job.js';

export type {
  BackoffOptions,
  BulkJobOptions,
  DeduplicationOptions,
  DefaultJobOptions,
  JobsOptions,
  KeepJobs,
} from '../../job/job-options.js';
export type { JobsOptions as BaseJobOptions } from '../../job/job-options.js';
export type {
  Dependencies as DependenciesResult,
  DependenciesOptions as DependenciesOpts,
  DependencyOptions as DependencyOpts,
} from '../../job/job-relatives.js';
export type { FinishedState as FinishedStatus, JobState, JobType } from '../../job/job-state.js';
export type { FlowJob } from '../../job/flow-job.js';
export type { FlowProducerListener, FlowQuery as NodeOpts } from '../../flow/flow-options.js';
export type { JobJson } from '../../job/job-json.js';
export type { JobProgress } from '../../job/job-progress.js';
export type { ParentOptions } from '../../job/job-ref.js';
export type { QueueListener } from '../../queue/queue-types.js';
export type { QueueEventsListener } from '../../events/queue-events-listener.js';
export type { Metrics, QueueMeta } from '../../queue/queue-reports.js';
export type { RetryOptions } from '../../job/job-store.js';

/** Where Redis is. */
export type ConnectionOptions = EngineConnectionOptions;
/** Options of a client of one server. */
export type RedisOptions = IoredisOptions;
export type { RedisClient } from '../../redis/client.js';

export interface MetricsOptions {
  maxDataPoints?: number;
}

export interface RateLimiterOptions {
  max: number;
  duration: number;
}

export interface GetNextJobOptions {
  block?: boolean;
}

export interface MoveToWaitingChildrenOpts {
  child?: { id: string; queue: string };
}

export interface ParentKeys {
  id?: string;
  queueKey: string;
}

/** Pauses for backoff types of one's own. */
export type BackoffStrategy = (
  attemptsMade: number,
  type?: string,
  error?: Error,
  job?: MinimalJob,
) => Promise<number> | number;

export interface AdvancedRepeatOptions {
  repeatStrategy?: RepeatStrategy;
  repeatKeyHashAlgorithm?: string;
}

export interface AdvancedOptions extends AdvancedRepeatOptions {
  backoffStrategy?: BackoffStrategy;
}

/** When a job scheduler makes its jobs. */
export interface RepeatOptions {
  pattern?: string;
  every?: number;
  tz?: string;
  offset?: number;
  limit?: number;
  startDate?: Date | string | number;
  endDate?: Date | string | number;
  immediately?: boolean;
  count?: number;
  key?: string;
  prevMillis?: number;
  jobId?: string;
}

export type RepeatStrategy = (
  millis: number,
  opts: RepeatOptions,
  name?: string,
) => number | undefined | Promise<number | undefined>;

/** Options of the jobs of a scheduler. */
export interface JobSchedulerJobOptions extends Omit<JobsOptions, 'repeat' | 'prevMillis'> {
  repeat?: RepeatOptions;
  prevMillis?: number;
}

/** A scheduler as it is stored. */
export interface RepeatableOptions {
  name: string;
  startDate?: number;
  endDate?: number;
  tz?: string;
  limit?: number;
  pattern?: string;
  every?: number;
  offset?: number;
}

export type JobSchedulerTemplateOptions = Omit<JobsOptions, 'jobId' | 'delay' | 'deduplication'>;

export interface JobSchedulerTemplateJson<D = any> {
  data?: D;
  opts?: JobSchedulerTemplateOptions;
}

export interface JobSchedulerJson<D = any> {
  key: string;
  name: string;
  id?: string | null;
  iterationCount?: number;
  limit?: number;
  startDate?: number;
  endDate?: number;
  tz?: string;
  pattern?: string;
  every?: number;
  next?: number;
  offset?: number;
  template?: JobSchedulerTemplateJson<D>;
}

/** What helpers that are handed a job usually need of it. */
export type MinimalJob<D = any, R = any, N extends string = string> = Pick<
  Job<D, R, N>,
  | 'name'
  | 'data'
  | 'opts'
  | 'id'
  | 'progress'
  | 'returnvalue'
  | 'stacktrace'
  | 'delay'
  | 'timestamp'
  | 'attemptsMade'
  | 'failedReason'
  | 'finishedOn'
  | 'processedOn'
  | 'parentKey'
  | 'parent'
  | 'asJSON'
  | 'asJSONSandbox'
  | 'updateData'
  | 'updateProgress'
  | 'log'
  | 'queueName'
  | 'prefix'
  | 'queueQualifiedName'
>;

/** A job as a processor in a file of its own is given it. */
export interface SandboxedJob<T = any, R = any> extends Omit<
  JobJsonSandbox,
  'data' | 'opts' | 'returnvalue'
> {
  data: T;
  opts: JobsOptions;
  returnValue: R;
  moveToDelayed: (timestamp: number, token?: string) => Promise<void>;
  moveToWait: (token?: string) => Promise<void>;
  moveToWaitingChildren: (token?: string, opts?: MoveToWaitingChildrenOpts) => Promise<boolean>;
  log: (row: string) => void;
  updateData: (data: T) => Promise<void>;
  updateProgress: (value: string | boolean | number | object) => Promise<void>;
  getChildrenValues: <CT = any>() => Promise<Record<string, CT>>;
  getIgnoredChildrenFailures: () => Promise<Record<string, string>>;
}

/** What a processor's file exports. */
export type SandboxedJobProcessor<T = any, R = any> = (
  job: SandboxedJob<T, R>,
  token?: string,
  signal?: AbortSignal,
) => R | PromiseLike<R>;

export interface SandboxedOptions {
  useWorkerThreads?: boolean;
  workerForkOptions?: object;
  workerThreadsOptions?: object;
}

export interface IoredisListener {
  'ioredis:close': () => void;
}

/** A job of a flow with jobs below it. */
export type FlowJobNode = FlowJob;
export type FlowParentJob = FlowJob & { children: FlowJob[] };
export type FlowRootLeafJob = FlowJob;
export type FlowRootParentJob = FlowParentJob;
export type FlowNestedLeafJob = FlowJob;
