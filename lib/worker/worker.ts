import { checkNumber, checkPrefix, checkQueueName } from '../job/check.js';
import { InvalidOptionError, JobCancelledError, RedisVersionError } from '../job/errors.js';
import type { Job } from '../job/job.js';
import { RateLimitError } from '../job/special-errors.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import { checkCloseTimeout, checkConcurrency, checkWorkerOptions } from './check-worker-options.js';
import type { WorkerListener } from './worker-listener.js';
import { WorkerStreams } from './worker-streams.js';
import type { Processor, WorkerOptions } from './worker-options.js';
import { WorkerParts } from './worker-parts.js';

/**
 * Processes the jobs of a queue.
 *
 * @example
 * const worker = new Worker('photos', async (job) => resize(job.data), { connection, concurrency: 10 });
 * worker.on('failed', (job, error) => console.error(job?.id, error.message));
 */
export class Worker<D = any, R = any, N extends string = string> extends SafeEmitter {
  private readonly parts: WorkerParts;
  private slots: number;
  private started: Promise<void> | undefined;
  private isStopped = false;
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
    const host = {
      queueName: name,
      prefix,
      opts,
      slots: () => this.slots,
      tell: (event: string, ...args: unknown[]) => void (this.isStopped || this.emit(event, ...args)),
    };
    this.parts = new WorkerParts(host, (processor ?? (() => undefined)) as Processor);
    this.parts.connection.on('error', this.onConnectionError);
    this.parts.connection.on('ready', this.onConnectionReady);
    this.parts.connection.ready.then(
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
    return `${this.parts.store.prefix}:${this.name}`;
  }

  /** Jobs at the same time; may be changed while running. */
  get concurrency(): number {
    return this.slots;
  }

  set concurrency(concurrency: number) {
    checkConcurrency('concurrency', concurrency);
    this.slots = concurrency;
    this.parts.loop.poke();
  }

  async waitUntilReady(): Promise<void> {
    await this.parts.connection.ready;
  }

  /** Starts processing; resolves when the worker has been closed. */
  run(): Promise<void> {
    if (!this.started) {
      this.started = new Promise((resolve) => super.once('closed', resolve));
      this.parts.loop.start();
      if (!this.opts.skipStalledCheck) {
        this.parts.stalls.start();
      }
    }
    return this.started;
  }

  isRunning(): boolean {
    return this.started !== undefined && !this.parts.shutdown.isBegun;
  }

  isPaused(): boolean {
    return this.started !== undefined && !this.parts.loop.isFetching && !this.parts.shutdown.isBegun;
  }

  /** Starts no further job here; resolves when the running ones are through, at once with `doNotWaitActive`. */
  async pause(doNotWaitActive = false): Promise<void> {
    this.parts.loop.stop();
    if (!doNotWaitActive) {
      await this.parts.store.commit.idle();
      await this.parts.locks.whenEmpty();
    }
    this.emit('paused');
  }

  async resume(): Promise<void> {
    if (this.started && !this.parts.shutdown.isBegun) {
      this.parts.loop.start();
      this.emit('resumed');
    }
  }

  /** Aborts the signal of a job that runs here. Answers whether it does. */
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
   * `extendLock`. Waits up to `drainDelay` for one unless `block` is false.
   */
  async getNextJob(
    token: string,
    { block = true }: { block?: boolean } = {},
  ): Promise<Job<D, R, N> | undefined> {
    const record = this.parts.shutdown.isBegun ? undefined : await this.parts.manual.fetch(token, block);
    return record && (this.parts.jobOf(record) as Job<D, R, N>);
  }

  /** Looks for stalled jobs at an interval although the worker itself does not run. */
  async startStalledCheckTimer(): Promise<void> {
    if (!this.opts.skipStalledCheck) {
      this.parts.stalls.start();
    }
  }

  /** Lets no job of the queue start for that many milliseconds. Throw `Worker.RateLimitError()` afterwards. */
  async rateLimit(durationMs: number): Promise<void> {
    checkNumber('durationMs', durationMs, 1);
    await this.parts.store.closeRateLimit(Math.ceil(durationMs));
  }

  /** Holds locks for another `durationMs`. Answers the ids of those that were lost. */
  extendJobLocks(jobIds: string[], tokens: string[], durationMs: number): Promise<string[]> {
    return this.parts.store.renewLocks(
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
    if (given !== undefined) {
      checkCloseTimeout('timeoutMs', given);
    }
    const first = !this.parts.shutdown.isBegun;
    this.parts.loop.stop();
    if (first) {
      this.emit('closing', `Worker ${this.id} of ${this.name} is closing`);
    }
    await this.parts.shutdown.run(given ?? this.opts.closeTimeout, () => this.parts.stalls.stop());
    if (!this.isStopped) {
      this.isStopped = true;
      this.parts.manual.close();
      this.parts.connection.off('error', this.onConnectionError);
      this.parts.connection.off('ready', this.onConnectionReady);
      await this.parts.connection.release();
      this.emit('closed');
      this.streams.complete();
    }
  }

  /** Same as `close(true)`. */
  async disconnect(): Promise<void> {
    await this.close(true);
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  private readonly onConnectionReady = (): void => this.parts.loop.poke();
}
