import { randomBytes } from 'node:crypto';
import { checkNumber, checkPrefix, checkQueueName } from '../job/check.js';
import { InvalidOptionError, JobCancelledError, LockLostError, RedisVersionError } from '../job/errors.js';
import { Job } from '../job/job.js';
import { asError } from '../job/job-failure.js';
import type { JobRecord } from '../job/job-record.js';
import { RateLimitError, UnrecoverableError } from '../job/special-errors.js';
import { SafeEmitter } from '../lifecycle/safe-emitter.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import { QueueStore } from '../store/queue-store.js';
import { AttemptRunner } from './attempt.js';
import { checkConcurrency, checkWorkerOptions } from './check-worker-options.js';
import { FetchLoop } from './fetch-loop.js';
import { LockKeeper } from './lock-keeper.js';
import { ManualFetch } from './manual-fetch.js';
import { Run } from './run.js';
import { Shutdown } from './shutdown.js';
import { StalledChecker } from './stalled-checker.js';
import type { WorkerListener } from './worker-listener.js';
import type { Processor, WorkerOptions } from './worker-options.js';

const LOCK_MS = 30_000;
const STALLED_INTERVAL_MS = 30_000;
const DRAIN_DELAY_S = 5;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** While Redis works on one call, this process prepares the next. */
const COMMIT_LANES = 2;
const SMALLEST_BATCH = 10;
const LARGEST_BATCH = 200;

/**
 * Processes the jobs of a queue.
 *
 * @example
 * const worker = new Worker('photos', async (job) => resize(job.data), { connection, concurrency: 10 });
 * worker.on('failed', (job, error) => console.error(job?.id, error.message));
 */
export class Worker<D = any, R = any, N extends string = string> extends SafeEmitter {
  /** Names this worker in lock tokens. */
  readonly id = randomBytes(12).toString('base64url');
  private readonly connection: Connection;
  private readonly store: QueueStore;
  private readonly loop: FetchLoop;
  private readonly locks: LockKeeper;
  private readonly stalls: StalledChecker;
  private readonly attempts: AttemptRunner;
  private readonly manual: ManualFetch;
  private readonly shutdown: Shutdown;
  private slots: number;
  private started: Promise<void> | undefined;
  private isStopped = false;

  /** What a processor throws after `worker.rateLimit`. */
  static RateLimitError(): Error {
    return new RateLimitError();
  }

  /**
   * @param processor null for a worker whose jobs are fetched by hand with `getNextJob`
   */
  constructor(
    readonly name: string,
    processor: Processor<D, R, N> | null | undefined,
    readonly opts: WorkerOptions = {},
  ) {
    super();
    checkQueueName(name);
    checkWorkerOptions(opts);
    if (processor && typeof processor !== 'function') {
      throw new InvalidOptionError('processor', processor, 'Use a function.');
    }
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    checkPrefix(prefix);
    this.slots = opts.concurrency ?? 1;
    this.connection = connect(opts.connection);
    const lockMs = opts.lockDuration ?? LOCK_MS;
    const drainDelayMs = (opts.drainDelay ?? DRAIN_DELAY_S) * 1000;
    const grant = { worker: this.id, name: opts.name ?? '', lockMs, limiter: opts.limiter };
    const reportError = (error: unknown): void => void (this.isStopped || this.emit('error', asError(error)));

    this.loop = new FetchLoop(
      grant,
      () => this.slots,
      () => this.store.commit,
      () => this.store.waitForWake(drainDelayMs),
      drainDelayMs,
      { job: (record) => this.begin(record), drained: () => this.emit('drained'), failed: reportError },
    );
    this.store = new QueueStore(
      this.connection,
      prefix,
      name,
      { progressed: (job, progress) => this.emit('progress', job, progress) },
      {
        lanes: COMMIT_LANES,
        entries: () =>
          Math.min(Math.max(Math.ceil(this.slots / COMMIT_LANES), SMALLEST_BATCH), LARGEST_BATCH),
        keepTrying: () => !this.shutdown.isOver,
        fetcher: this.loop,
      },
    );
    this.locks = new LockKeeper(
      () => this.store,
      lockMs,
      opts.skipLockRenewal ? Infinity : (opts.lockRenewTime ?? lockMs / 2),
      {
        renewed: (jobIds) => this.emit('locksRenewed', { count: jobIds.length, jobIds }),
        lost: (jobIds) => this.emit('lockRenewalFailed', jobIds),
        failed: reportError,
      },
    );
    this.stalls = new StalledChecker(
      () => this.store,
      {
        worker: this.id,
        lockMs,
        intervalMs: opts.stalledInterval ?? STALLED_INTERVAL_MS,
        maxStalls: opts.maxStalledCount ?? 1,
        maxEventBytes: opts.maxEventBytes ?? MAX_EVENT_BYTES,
      },
      {
        stalled: (jobId) => this.emit('stalled', jobId, 'active'),
        exhausted: (record) => this.failStalled(record),
        failed: reportError,
      },
    );
    this.attempts = new AttemptRunner(
      (processor ?? (() => undefined)) as Processor,
      opts,
      () => this.store.commit,
      {
        completed: (job, result) => this.emit('completed', job, result, 'active'),
        failed: (job, error) => this.emit('failed', job, error, 'active'),
        error: reportError,
        ended: () => this.loop.ended(),
        settled: (run) => this.locks.release(run),
      },
    );
    this.manual = new ManualFetch(this.store, grant, drainDelayMs);
    this.shutdown = new Shutdown(this.store, this.locks);
    this.connection.on('error', this.onConnectionError);
    this.connection.on('ready', this.onConnectionReady);
    this.connection.ready.then(
      () => this.emit('ready'),
      (error: unknown) => error instanceof RedisVersionError && this.emit('error', error),
    );
    if (processor && opts.autorun !== false) {
      void this.run();
    }
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
    return `${this.store.prefix}:${this.name}`;
  }

  /** Jobs at the same time; may be changed while running. */
  get concurrency(): number {
    return this.slots;
  }

  set concurrency(concurrency: number) {
    checkConcurrency('concurrency', concurrency);
    this.slots = concurrency;
    this.loop.poke();
  }

  async waitUntilReady(): Promise<void> {
    await this.connection.ready;
  }

  /** Starts processing; resolves when the worker has been closed. */
  run(): Promise<void> {
    if (!this.started) {
      this.started = new Promise((resolve) => super.once('closed', resolve));
      this.loop.start();
      if (!this.opts.skipStalledCheck) {
        this.stalls.start();
      }
    }
    return this.started;
  }

  isRunning(): boolean {
    return this.started !== undefined && !this.shutdown.isBegun;
  }

  isPaused(): boolean {
    return this.started !== undefined && !this.loop.isFetching && !this.shutdown.isBegun;
  }

  /** Starts no further job here; resolves when the running ones are through, at once with `doNotWaitActive`. */
  async pause(doNotWaitActive = false): Promise<void> {
    this.loop.stop();
    if (!doNotWaitActive) {
      await this.store.commit.idle();
      await this.locks.whenEmpty();
    }
    this.emit('paused');
  }

  async resume(): Promise<void> {
    if (this.started && !this.shutdown.isBegun) {
      this.loop.start();
      this.emit('resumed');
    }
  }

  /** Aborts the signal of a job that runs here. Answers whether it does. */
  cancelJob(jobId: string, reason?: string): boolean {
    const runs = this.locks.runs().filter(({ job }) => job.id === jobId);
    for (const run of runs) {
      run.abort(new JobCancelledError(reason));
    }
    return runs.length > 0;
  }

  cancelAllJobs(reason?: string): void {
    for (const run of this.locks.runs()) {
      run.abort(new JobCancelledError(reason));
    }
  }

  /**
   * Fetches a job by hand; end it with `moveToCompleted` or `moveToFailed` under the same token, and keep its lock with
   * `extendLock`. Waits up to `drainDelay` for one unless `block` is false.
   */
  async getNextJob(
    token: string,
    { block = true }: { block?: boolean } = {},
  ): Promise<Job<D, R, N> | undefined> {
    const record = this.shutdown.isBegun ? undefined : await this.manual.fetch(token, block);
    return record && this.jobOf(record);
  }

  /** Looks for stalled jobs at an interval although the worker itself does not run. */
  async startStalledCheckTimer(): Promise<void> {
    if (!this.opts.skipStalledCheck) {
      this.stalls.start();
    }
  }

  /** Lets no job of the queue start for that many milliseconds. Throw `Worker.RateLimitError()` afterwards. */
  async rateLimit(durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    await this.store.closeRateLimit(Math.ceil(durationMs));
  }

  /** Holds locks for another `durationMs`. Answers the ids of those that were lost. */
  extendJobLocks(jobIds: string[], tokens: string[], durationMs: number): Promise<string[]> {
    return this.store.renewLocks(
      jobIds.map((id, i) => [id, tokens[i] ?? ''] as const),
      durationMs,
    );
  }

  /**
   * Fetches no more, gives running jobs `closeTimeout` milliseconds, then aborts their signals and hands them back, so
   * that another worker may start them at once. Never hangs, also when Redis is down.
   * @param force hand running jobs back at once
   */
  async close(force: boolean | { timeoutMs?: number } = false): Promise<void> {
    const given = typeof force === 'object' ? force.timeoutMs : force ? 0 : undefined;
    const first = !this.shutdown.isBegun;
    this.loop.stop();
    if (first) {
      this.emit('closing', `Worker ${this.id} of ${this.name} is closing`);
    }
    await this.shutdown.run(given ?? this.opts.closeTimeout, () => this.stalls.stop());
    if (!this.isStopped) {
      this.isStopped = true;
      this.manual.close();
      this.connection.off('error', this.onConnectionError);
      this.connection.off('ready', this.onConnectionReady);
      await this.connection.release();
      this.emit('closed');
    }
  }

  /** Same as `close(true)`. */
  async disconnect(): Promise<void> {
    await this.close(true);
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  private readonly onConnectionReady = (): void => this.loop.poke();

  /** A job just granted: its record tells what was stored before. */
  private jobOf(record: JobRecord): Job<D, R, N> {
    const job = Job.fromRecord<D, R, N, any>(this.store, record);
    job.processedOn = Date.now();
    job.processedBy = this.opts.name ?? job.processedBy;
    return job;
  }

  private hold(record: JobRecord): Run {
    const run = new Run(this.jobOf(record), record.token ?? '');
    this.locks.hold(run);
    return run;
  }

  private begin(record: JobRecord): void {
    const run = this.hold(record);
    if (this.shutdown.isOver) {
      this.shutdown.handBack(run);
      this.loop.ended();
      return;
    }
    this.emit('active', run.job, 'waiting');
    this.attempts.start(run);
  }

  private failStalled(record: JobRecord): void {
    const run = this.hold(record);
    run.abort(new LockLostError(record.id, 'go on with'));
    this.loop.taken();
    this.attempts.fail(run, new UnrecoverableError('job stalled more than allowable limit'));
  }
}
