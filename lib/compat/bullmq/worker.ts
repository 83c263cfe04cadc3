import type { GroupLimits } from '../../job/group.js';
import type { ForkOptions } from 'node:child_process';
import type { WorkerOptions as ThreadOptions } from 'node:worker_threads';
import { LONGEST_TIMER_MS } from '../../job/check.js';
import type { JobClass, JobStore } from '../../job/job-store.js';
import type { KeepJobs } from '../../job/job-options.js';
import { WORKER_OPTION_NAMES } from '../../worker/check-worker-options.js';
import { SANDBOX_OPTION_NAMES } from '../../worker/sandbox/sandbox-child.js';
import { isProcessorFile } from '../../worker/sandbox/sandboxed-processor.js';
import { Worker as EngineWorker } from '../../worker/worker.js';
import type { WorkerListener as EngineWorkerListener } from '../../worker/worker-listener.js';
import type {
  Processor as EngineProcessor,
  WorkerOptions as EngineWorkerOptions,
} from '../../worker/worker-options.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { delay } from './delay.js';
import { Job } from './job.js';
import { JobScheduler, schedulerOptions } from './job-scheduler.js';
import { knownOptions, sayOnce } from './known-options.js';
import { inSpan, Spans } from './spans.js';
import { RateLimitError } from './special-errors.js';
import { TelemetryAttributes } from '../../job/telemetry-names.js';

/** What a lock holds for where nothing else is said. */
const LOCK_MS = 30_000;

/** Does the work of a job. */
export type Processor<D = any, R = any, N extends string = string> = (
  job: Job<D, R, N>,
  token?: string,
  signal?: AbortSignal,
) => Promise<R> | R;

/** Local events of a worker, with jobs of BullMQ's class. */
export interface WorkerListener<D = any, R = any, N extends string = string> extends Omit<
  EngineWorkerListener<D, R, N>,
  'active' | 'completed' | 'failed' | 'progress'
> {
  active: (job: Job<D, R, N>, prev: string) => void;
  completed: (job: Job<D, R, N>, result: R, prev: string) => void;
  failed: (job: Job<D, R, N> | undefined, error: Error, prev: string) => void;
  progress: (job: Job<D, R, N>, progress: string | boolean | number | object) => void;
  /** Never emitted: the connection is shared, and an outage is an `error`. */
  'ioredis:close': () => void;
}

export interface WorkerOptions<Connection = any> extends QueueBaseOptions<Connection> {
  name?: string;
  autorun?: boolean;
  concurrency?: number;
  limiter?: { max: number; duration: number };
  /** What each group of jobs may do, as in Pro. */
  group?: GroupLimits;
  metrics?: { maxDataPoints?: number };
  maximumRateLimitDelay?: number;
  maxStartedAttempts?: number;
  maxStalledCount?: number;
  stalledInterval?: number;
  removeOnComplete?: KeepJobs;
  removeOnFail?: KeepJobs;
  skipStalledCheck?: boolean;
  skipLockRenewal?: boolean;
  drainDelay?: number;
  lockDuration?: number;
  lockRenewTime?: number;
  runRetryDelay?: number;
  settings?: {
    backoffStrategy?: (
      attemptsMade: number,
      type?: string,
      error?: Error,
      job?: any,
    ) => Promise<number> | number;
    repeatStrategy?: unknown;
    repeatKeyHashAlgorithm?: string;
  };
  useWorkerThreads?: boolean;
  workerForkOptions?: ForkOptions;
  workerThreadsOptions?: ThreadOptions;
  /** Of Stepwell: how long `close` waits for running jobs, ms. Default: until they are through. */
  closeTimeout?: number;
  /** Of Stepwell: how long a run may take, ms. */
  ttl?: number | Record<string, number>;
  /** Of Stepwell: bytes that the event stream may take. */
  maxEventBytes?: number;
}

/** A worker as BullMQ documents it. */
export class Worker<D = any, R = any, N extends string = string> extends EngineWorker<D, R, N> {
  /** What a processor throws after `worker.rateLimit`. */
  static override RateLimitError(): Error {
    return new RateLimitError();
  }

  private readonly spans: Spans | undefined;
  private scheduling: JobScheduler | undefined;
  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  /**
   * @param processor a function, or the path or URL of a file that exports one, which then runs in child processes, or in
   * worker threads with `useWorkerThreads`
   */
  constructor(
    name: string,
    processor?: string | URL | null | Processor<D, R, N>,
    private readonly given: WorkerOptions = {},
  ) {
    const opts = given;
    super(
      name,
      processor as EngineProcessor<D, R, N> | null | undefined,
      workerOptions(opts, isProcessorFile(processor)),
    );
    this.spans = Spans.of(opts.telemetry, name, {
      [TelemetryAttributes.WorkerId]: this.id,
      ...(opts.name === undefined ? {} : { [TelemetryAttributes.WorkerName]: opts.name }),
    });
    Spans.of(opts.telemetry, name)?.belongTo(this.store.jobs);
  }

  /** @internal For `Job.fromJSON(worker, …)`. */
  get store(): { readonly jobs: JobStore } {
    return this.parts.store;
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** Makes and reads job schedulers of the queue. */
  get jobScheduler(): Promise<JobScheduler> {
    return Promise.resolve((this.scheduling ??= new JobScheduler(this.name, schedulerOptions(this.given))));
  }

  /** Waits for so many milliseconds, or until the controller aborts. */
  delay(milliseconds = 1000, abortController?: AbortController): Promise<void> {
    return delay(milliseconds, abortController);
  }

  /** Fetches no more and waits for running jobs, however long they take. With `force` they are left to the stalled check. */
  override close(force: boolean | { timeoutMs?: number; handBack?: boolean } = false): Promise<void> {
    const attributes = { [TelemetryAttributes.WorkerForceClose]: force === true };
    const closing = inSpan(this.spans, 'close', attributes, async () => {
      await super.close(force === true ? { timeoutMs: 0, handBack: false } : force);
      await this.scheduling?.close();
    });
    this.closing ??= closing;
    return closing;
  }

  /** Tokens may be those that `getNextJob` was given. */
  override async extendJobLocks(jobIds: string[], tokens: string[], durationMs: number): Promise<string[]> {
    const held = await Promise.all(jobIds.map((id) => this.store.jobs.loadJob(id)));
    const granted = tokens.map((token, i) => {
      const stored = held[i]?.record.fields.token;
      return stored?.startsWith(`${token}.`) ? stored : token;
    });
    return super.extendJobLocks(jobIds, granted, durationMs);
  }

  override pause(doNotWaitActive = false): Promise<void> {
    const attributes = doNotWaitActive ? { [TelemetryAttributes.WorkerDoNotWaitActive]: true } : {};
    return inSpan(this.spans, 'pause', attributes, () => super.pause(doNotWaitActive));
  }

  override resume(): Promise<void> {
    return inSpan(this.spans, 'resume', {}, () => super.resume());
  }

  override rateLimit(durationMs: number): Promise<void> {
    const attributes = { [TelemetryAttributes.WorkerRateLimit]: durationMs };
    return inSpan(this.spans, 'rateLimit', attributes, () => super.rateLimit(durationMs));
  }

  override startStalledCheckTimer(): Promise<void> {
    return inSpan(this.spans, 'startStalledCheckTimer', {}, () => super.startStalledCheckTimer());
  }

  override on<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this;
  /** For code that knows events by their names alone. */
  override on(event: keyof EngineWorkerListener, listener: (...args: any[]) => void): this;
  override on(event: any, listener: any): this {
    return super.on(event as keyof EngineWorkerListener, listener as never);
  }

  override once<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this;
  /** For code that knows events by their names alone. */
  override once(event: keyof EngineWorkerListener, listener: (...args: any[]) => void): this;
  override once(event: any, listener: any): this {
    return super.once(event as keyof EngineWorkerListener, listener as never);
  }

  override off<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this;
  /** For code that knows events by their names alone. */
  override off(event: keyof EngineWorkerListener, listener: (...args: any[]) => void): this;
  override off(event: any, listener: any): this {
    return super.off(event as keyof EngineWorkerListener, listener as never);
  }

  override async getNextJob(
    token: string,
    { block = true }: { block?: boolean } = {},
  ): Promise<Job<D, R, N> | undefined> {
    const job = (await super.getNextJob(token, { block })) as Job<D, R, N> | undefined;
    const attributes = {
      [TelemetryAttributes.WorkerOptions]: JSON.stringify({ block }),
      ...(job ? { [TelemetryAttributes.JobId]: job.id } : {}),
    };
    this.spans?.note('getNextJob', attributes, job?.opts.telemetry?.metadata);
    return job;
  }

  protected override get jobClass(): JobClass {
    return Job as unknown as JobClass;
  }
}

function workerOptions(opts: WorkerOptions | undefined, hasFile: boolean): EngineWorkerOptions {
  const taken = engineOptions('worker option', opts, WORKER_OPTION_NAMES) as EngineWorkerOptions;
  if (!hasFile) for (const name of SANDBOX_OPTION_NAMES) delete taken[name];
  if (taken.settings) {
    taken.settings = knownOptions('worker option settings', taken.settings, [
      'backoffStrategy',
      'repeatStrategy',
    ]);
  }
  if (taken.limiter) {
    taken.limiter = knownOptions('worker option limiter', taken.limiter, ['max', 'duration']) as {
      max: number;
      duration: number;
    };
  }
  if (taken.metrics) {
    taken.metrics = knownOptions('worker option metrics', taken.metrics, ['maxDataPoints']);
  }
  const { lockDuration = LOCK_MS, lockRenewTime } = taken;
  if (lockRenewTime !== undefined && lockRenewTime >= lockDuration) {
    sayOnce(`The worker option lockRenewTime has to be less than lockDuration. It has no effect.`);
    delete taken.lockRenewTime;
  }
  return { ...defaults(lockDuration), ...taken };
}

/** What `worker.opts` has of options that were not given. */
function defaults(lockDuration: number): EngineWorkerOptions {
  return {
    ...{ autorun: true, concurrency: 1, drainDelay: 5, maximumRateLimitDelay: 30_000 },
    ...{ lockDuration, lockRenewTime: lockDuration / 2, maxStalledCount: 1, stalledInterval: 30_000 },
    closeTimeout: LONGEST_TIMER_MS,
  };
}
