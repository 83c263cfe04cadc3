import { checkNumber, checkPrefix, checkQueueName } from '../job/check.js';
import {
  ConnectionClosedError,
  InvalidOptionError,
  JobCancelledError,
  NotRunnableError,
  RedisVersionError,
} from '../job/errors.js';
import type { Job } from '../job/job.js';
import { refuseUnknown } from '../job/known-names.js';
import type { JobClass } from '../job/job-store.js';
import { RateLimitError } from '../job/special-errors.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import {
  checkClose,
  checkConcurrency,
  checkWorkerOptions,
  MAX_METRIC_POINTS,
} from './check-worker-options.js';
import { checkBatchProcessor } from './batch-options.js';
import type { WorkerListener } from './worker-listener.js';
import { WorkerStreams } from './worker-streams.js';
import type {
  BatchProcessor,
  BatchWorkerOptions,
  Processor,
  ProcessorFile,
  WorkerOptions,
} from './worker-options.js';
import { SandboxedProcessor } from './sandbox/sandboxed-processor.js';
import { WorkerParts } from './worker-parts.js';

/**
 * Processes the jobs of a queue.
 *
 * @example
 * const worker = new Worker('photos', async (job) => resize(job.data), { connection, concurrency: 10 });
 * worker.on('failed', (job, error) => console.error(job?.id, error.message));
 */
export class Worker<D = any, R = any, N extends string = string> extends SafeEmitter {
  /** @internal */
  protected readonly parts: WorkerParts;
  private slots: number;
  /** Until it stops: while it processes, or would. */
  private running: { stopped: Promise<void>; stop: () => void } | undefined;
  private paused = false;
  private isStopped = false;
  private readonly hasProcessor: boolean;
  private readonly sandbox: SandboxedProcessor | undefined;
  private readonly streams = new WorkerStreams<D, R, N>(this);

  /** Streams of this worker's local events, as its listeners get them; they complete when the worker is closed. */
  readonly active$ = this.streams.active$;
  readonly completed$ = this.streams.completed$;
  /** Of every failed attempt. A failure is a value, never an error of the stream. */
  readonly failed$ = this.streams.failed$;
  readonly progress$ = this.streams.progress$;
  readonly stalled$ = this.streams.stalled$;
  readonly drained$ = this.streams.drained$;
  readonly paused$ = this.streams.paused$;
  readonly resumed$ = this.streams.resumed$;
  /** What went wrong outside of jobs. Subscribing counts as listening to `error`. */
  readonly error$ = this.streams.error$;

  /** Names this worker in lock tokens. */
  get id(): string {
    return this.parts.id;
  }

  /** What a processor throws after `worker.rateLimit`. */
  static RateLimitError(): Error {
    return new RateLimitError();
  }

  /** A worker whose processor gets batches of jobs. */
  constructor(name: string, processor: BatchProcessor<D, R, N>, opts: BatchWorkerOptions);
  /**
   * @param processor null for a worker whose jobs are fetched by hand with `getNextJob`; or the path or URL of a file that exports the
   * function, which then runs in child processes, or in worker threads with `useWorkerThreads`, as many as run jobs at a time
   */
  constructor(
    name: string,
    processor: Processor<D, R, N> | ProcessorFile | null | undefined,
    opts?: WorkerOptions,
  );
  constructor(
    readonly name: string,
    given: Processor<D, R, N> | BatchProcessor<D, R, N> | ProcessorFile | null | undefined,
    readonly opts: WorkerOptions | BatchWorkerOptions = {},
  ) {
    super();
    checkQueueName(name);
    checkWorkerOptions(opts);
    this.sandbox = SandboxedProcessor.of(given, opts);
    const processor = this.sandbox ? this.sandbox.run : given;
    if (processor && typeof processor !== 'function') {
      throw new InvalidOptionError('processor', processor, 'Use a function, or the path or URL of a file.');
    }
    if (opts.batch) {
      checkBatchProcessor(opts.batch, processor);
    }
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    checkPrefix(prefix);
    this.slots = opts.concurrency ?? 1;
    const host = {
      queueName: name,
      prefix,
      opts,
      jobClass: this.jobClass,
      slots: () => this.slots,
      isPaused: () => this.paused,
      emit: (event: string, ...args: unknown[]) => void (this.isStopped || this.emit(event, ...args)),
    };
    this.hasProcessor = typeof processor === 'function';
    this.parts = new WorkerParts(host, (processor ?? (() => undefined)) as Processor | BatchProcessor);
    this.parts.connection.on('error', this.onConnectionError);
    this.parts.presence.start();
    if (opts.metrics) {
      const points = opts.metrics.maxDataPoints ?? MAX_METRIC_POINTS;
      this.parts.store.control
        .setMetrics(points)
        .catch((error: unknown) => void (this.isStopped || this.emit('error', error)));
    }
    this.parts.connection.on('ready', this.onConnectionReady);
    this.parts.connection.ready.then(
      () => this.emit('ready'),
      (error: unknown) => error instanceof RedisVersionError && this.emit('error', error),
    );
    if (processor && opts.autorun !== false) {
      void this.begin();
    }
  }

  /** A class derived from `Job`, for the jobs that this object gives. */
  protected get jobClass(): JobClass | undefined {
    return undefined;
  }

  override on<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this {
    return super.on(event, listener);
  }

  override once<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this {
    return super.once(event, listener);
  }

  override off<E extends keyof WorkerListener>(event: E, listener: WorkerListener<D, R, N>[E]): this {
    return super.off(event, listener);
  }

  /** Name of the queue with its prefix. */
  get qualifiedName(): string {
    return `${this.parts.store.prefix}:${this.name}`;
  }

  /** Jobs at the same time; may be changed while running. */
  get concurrency(): number {
    return this.slots;
  }

  set concurrency(concurrency: number) {
    checkConcurrency('concurrency', concurrency);
    this.slots = concurrency;
    this.parts.prefetch?.fill();
    this.parts.loop.poke();
  }

  async waitUntilReady(): Promise<void> {
    await this.parts.store.server.waitUntilReady();
  }

  /**
   * Starts processing; resolves when the worker stops: it has been closed, or paused and what ran is through. A paused
   * worker begins with `resume`. Rejects with `NotRunnableError` where it runs already (with `autorun`, the default, it does),
   * was closed, or has no processor.
   */
  async run(): Promise<void> {
    if (!this.hasProcessor) {
      throw new NotRunnableError(
        `The worker of ${this.name} has no processor: fetch its jobs with getNextJob.`,
      );
    }
    if (this.parts.shutdown.isBegun) {
      throw new NotRunnableError(`The worker of ${this.name} was closed: make a new one.`);
    }
    if (this.running) {
      throw new NotRunnableError(
        `The worker of ${this.name} is running already: use autorun: false to start it yourself.`,
      );
    }
    if (!this.paused) {
      await this.begin();
    }
  }

  /** Whether it processes jobs, or would if there were any; also while it is paused and a job still runs. */
  isRunning(): boolean {
    return this.running !== undefined && !this.parts.shutdown.isBegun;
  }

  isPaused(): boolean {
    return this.paused && !this.parts.shutdown.isBegun;
  }

  /**
   * Starts no further job here, and gives none to `getNextJob`; resolves when the running ones are through, at once with
   * `doNotWaitActive`. May come before `run`.
   */
  async pause(doNotWaitActive = false): Promise<void> {
    this.paused = true;
    this.parts.loop.pause();
    this.parts.prefetch?.pause();
    this.parts.manual.cancel();
    const { running } = this;
    const through = this.whenThrough().then(() => this.paused && running?.stop());
    if (!doNotWaitActive) {
      await through;
    }
    this.emit('paused');
  }

  /** Goes on, or begins, also where `run` was never called. Nothing for a worker that is running, or closed. */
  async resume(): Promise<void> {
    if (this.parts.shutdown.isBegun || (this.running && !this.paused)) {
      return;
    }
    this.paused = false;
    if (this.hasProcessor) {
      void this.begin();
    }
    this.emit('resumed');
  }

  /** Aborts the signal of a job that runs here. Returns whether it does. */
  cancelJob(jobId: string, reason?: string): boolean {
    const runs = this.parts.locks.runs().filter(({ job }) => job.id === jobId);
    for (const run of runs) {
      run.abort(new JobCancelledError(reason));
    }
    return runs.length > 0;
  }

  cancelAllJobs(reason?: string): void {
    for (const run of this.parts.locks.runs()) {
      run.abort(new JobCancelledError(reason));
    }
  }

  /**
   * Fetches a job by hand; end it with `moveToCompleted` or `moveToFailed` under the same token, and keep its lock with
   * `extendLock`. Waits up to `drainDelay` for one unless `block` is false. Undefined where there is none, and while the
   * worker is paused or closed.
   */
  async getNextJob(token: string, opts: { block?: boolean } = {}): Promise<Job<D, R, N> | undefined> {
    refuseUnknown('getNextJob option', opts, ['block']);
    const { block = true } = opts;
    if (this.opts.batch) {
      throw new InvalidOptionError(
        'batch',
        this.opts.batch,
        'Leave it out: jobs fetched by hand come one by one.',
      );
    }
    const record = await this.parts.manual.fetch(token, block);
    if (!record) {
      return undefined;
    }
    const job = this.parts.starter.jobOf(record) as Job<D, R, N>;
    this.emit('active', job, 'waiting');
    return job;
  }

  /** Looks for stalled jobs at an interval although the worker itself does not run. */
  async startStalledCheckTimer(): Promise<void> {
    if (this.parts.shutdown.isBegun) {
      throw new ConnectionClosedError(`The worker of ${this.name} is closed: open another one.`);
    }
    this.parts.start(!this.opts.skipStalledCheck);
  }

  /** Lets no job of the queue start for that many milliseconds. Throw `Worker.RateLimitError()` afterwards. */
  async rateLimit(durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    await this.parts.store.limits.close(Math.ceil(durationMs));
  }

  /**
   * Lets no job of this job's group start for that many milliseconds; others go on. Throw `Worker.RateLimitError()` afterwards: the job
   * then waits in front of its group.
   */
  async rateLimitGroup(job: Job<D, R, N>, durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    if (job.gid === undefined) {
      throw new InvalidOptionError('job', job.id, 'Use a job that was added with a group.');
    }
    await this.parts.store.groups.close(job.gid, Math.ceil(durationMs));
  }

  /** Holds locks for another `durationMs`. Returns the ids of those that were lost. */
  async extendJobLocks(jobIds: string[], tokens: string[], durationMs: number): Promise<string[]> {
    checkNumber('durationMs', durationMs, 1);
    return this.parts.store.runs.extendLocks(
      jobIds.map((id, i) => [id, tokens[i] ?? ''] as const),
      Math.ceil(durationMs),
    );
  }

  /**
   * Fetches no more, gives running jobs `closeTimeout` milliseconds, then aborts their signals and hands them back, so
   * that another worker may start them at once. Never hangs, also when Redis is down.
   * @param force hand running jobs back at once; or how long to wait, and with `handBack: false` leave those that still run to
   * the stalled check of other workers
   */
  async close(force: boolean | { timeoutMs?: number; handBack?: boolean } = false): Promise<void> {
    checkClose(force);
    const given = typeof force === 'object' ? force.timeoutMs : force ? 0 : undefined;
    if (typeof force === 'object' && force.handBack === false) {
      this.parts.shutdown.leavesJobs = true;
    }
    const first = !this.parts.shutdown.isBegun;
    void this.parts.loop.stop();
    this.parts.prefetch?.pause();
    if (first) {
      this.emit('closing', `Worker ${this.id} of ${this.name} is closing`);
    }
    const over = this.parts.shutdown.run(given ?? this.opts.closeTimeout, () => this.parts.stopLooking());
    this.parts.manual.cancel();
    await over;
    void this.parts.notices.stop();
    if (!this.isStopped) {
      this.isStopped = true;
      this.parts.connection.off('error', this.onConnectionError);
      this.parts.connection.off('ready', this.onConnectionReady);
      await Promise.all([this.parts.connection.release(), this.sandbox?.close()]);
      this.running?.stop();
      this.emit('closed');
      this.streams.complete();
    }
  }

  /** Same as `close(true)`. */
  async disconnect(): Promise<void> {
    await this.close(true);
  }

  private begin(): Promise<void> {
    this.running ??= this.newRunning();
    this.parts.prefetch?.resume();
    this.parts.loop.start();
    this.parts.loop.resume();
    this.parts.notices.start();
    this.parts.places.start();
    this.parts.start(!this.opts.skipStalledCheck);
    return this.running.stopped;
  }

  private newRunning(): { stopped: Promise<void>; stop: () => void } {
    let resolve!: () => void;
    const stopped = new Promise<void>((done) => (resolve = done));
    const running = {
      stopped,
      stop: () => {
        if (this.running === running) {
          this.running = undefined;
        }
        resolve();
      },
    };
    return running;
  }

  private async whenThrough(): Promise<void> {
    await this.parts.loop.idle();
    await this.parts.locks.whenEmpty();
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  private readonly onConnectionReady = (): void => this.parts.loop.poke();
}
