import { branded } from '../job/branded.js';
import { checkInteger, checkNumber, checkQueueName, LONGEST_TIMER_MS, PRIORITY_LIMIT } from '../job/check.js';
import { InvalidOptionError, RedisVersionError } from '../job/errors.js';
import { decodeBody } from '../job/job-body.js';
import { Job } from '../job/job.js';
import type { JobRecord } from '../job/job-record.js';
import { type JobRef, shownKey } from '../job/job-ref.js';
import type { JobClass } from '../job/job-store.js';
import type { JobState, JobType } from '../job/job-state.js';
import { decodeJson, decodeValue } from '../job/json.js';
import { Tracing } from '../job/tracing.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX, type QueueBaseOptions } from '../redis/queue-base-options.js';
import type { BacklogOptions } from '../store/backlog.js';
import type { DurabilityOptions } from '../store/durability.js';
import { lastCalls } from '../store/last-calls.js';
import { QueueStore } from '../store/queue-store.js';
import { checkRange, listedState, listedStates } from './arguments.js';

const CHECK_PATIENCE_MS = 5000;

/** Reading a queue. Ranges are positions from the front, both ends included; -1 is the last. */
export class QueueGetters<J extends Job = Job> extends SafeEmitter {
  /** @internal */
  readonly store: QueueStore;
  /** @internal */
  protected readonly connection: Connection;
  /** @internal */
  protected readonly tracing: Tracing | undefined;
  private readonly unmeasure: (() => void) | undefined;
  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  constructor(
    readonly name: string,
    readonly opts: QueueBaseOptions = {},
    /** Names of the options that a class takes besides. */
    moreOptions: readonly string[] = [],
  ) {
    super();
    checkQueueName(name);
    checkBaseOptions('queue option', opts, moreOptions);
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    this.connection = connect(opts.connection, opts);
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch((error: unknown) => {
      if (error instanceof RedisVersionError) {
        this.emit('error', error);
      }
    });
    this.tracing = Tracing.of(opts);
    this.store = new QueueStore(this.connection, prefix, name, {
      progressed: (job, progress) => this.emit('progress', (job as Job).id, progress),
      codec: opts.codec,
      jobClass: this.jobClass,
      callTimeoutMs: opts.callTimeout,
      backlog: (opts as BacklogOptions).backlog,
      durability: (opts as DurabilityOptions).durability,
      tracing: this.tracing,
    });
    this.unmeasure = this.tracing?.telemetry?.measure?.(this);
  }

  /** A class derived from `Job`, for the jobs that this object gives. */
  protected get jobClass(): JobClass | undefined {
    return undefined;
  }

  /** Name of the queue with its prefix. */
  get qualifiedName(): string {
    return `${this.store.prefix}:${this.name}`;
  }

  /** The client that commands are sent on. */
  get client(): Promise<Connection['client']> {
    return this.store.server.waitUntilReady().then(() => this.connection.client);
  }

  /** Resolves once Redis has been reached and found new enough. */
  async waitUntilReady(): Promise<void> {
    await this.store.server.waitUntilReady();
  }

  /**
   * Resolves where Redis is as it should be. Rejects with `ConnectionError` when it cannot be reached for `patienceMs`, with
   * `RedisVersionError`, with `RedisPolicyError` where it may evict jobs, and, from Redis 7 on, with `MissingRightsError` that has the
   * line to set.
   */
  async checkRedis(patienceMs = CHECK_PATIENCE_MS): Promise<void> {
    checkNumber('patienceMs', patienceMs, 1, LONGEST_TIMER_MS);
    await this.store.server.check(patienceMs);
  }

  /** The job with that id, or undefined. */
  async getJob(id: string): Promise<J | undefined> {
    const loaded = await this.store.jobs.loadJob(id);
    return loaded && (Job.fromRecord(this.store.jobs, loaded.record) as unknown as J);
  }

  async getJobState(id: string): Promise<JobState | 'unknown'> {
    return (await this.store.jobs.loadJob(id))?.state ?? 'unknown';
  }

  /**
   * Jobs of one or several states, state after state, as they were at one moment: none comes twice, and none is left out
   * because it moved meanwhile. From 5000 jobs of a state on, several looks are taken.
   * @param types all states when left out; there are no jobs of the type `paused`, those of a paused queue are `waiting`
   * @param start first position in each state
   * @param asc whether the oldest come first; default false
   */
  async getJobs(types?: JobType | JobType[], start = 0, end = -1, asc = false): Promise<J[]> {
    checkRange(start, end);
    const page = { start, stop: end, descending: !asc };
    const ids = await this.store.inspect.listJobs(listedStates(types), page);
    const loaded = await this.store.inspect.loadJobs(ids);
    return loaded.flatMap((job) =>
      job ? [Job.fromRecord(this.store.jobs, job.record) as unknown as J] : [],
    );
  }

  getWaiting(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('waiting', start, end, true);
  }

  getPrioritized(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('prioritized', start, end, true);
  }

  getDelayed(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('delayed', start, end, true);
  }

  getWaitingChildren(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('waiting-children', start, end, true);
  }

  getActive(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('active', start, end, true);
  }

  getCompleted(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('completed', start, end, false);
  }

  getFailed(start = 0, end = -1): Promise<J[]> {
    return this.getJobs('failed', start, end, false);
  }

  /** How many jobs there are in each of these states; without arguments, in all of them. */
  async getJobCounts(...types: JobType[]): Promise<Record<string, number>> {
    const { paused, ...counts } = await this.store.inspect.countJobs();
    if (types.length === 0) {
      return counts;
    }
    return Object.fromEntries(
      types.map((type) => {
        const state = listedState(type);
        return [type, state ? counts[state] : 0];
      }),
    );
  }

  async getJobCountByTypes(...types: JobType[]): Promise<number> {
    const counts = await this.getJobCounts(...new Set(types));
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  /** How many jobs are still to be started: waiting, prioritized and delayed ones, and those that wait for children. */
  async count(): Promise<number> {
    return this.getJobCountByTypes('waiting', 'prioritized', 'delayed', 'waiting-children');
  }

  getWaitingCount(): Promise<number> {
    return this.getJobCountByTypes('waiting');
  }

  getPrioritizedCount(): Promise<number> {
    return this.getJobCountByTypes('prioritized');
  }

  getDelayedCount(): Promise<number> {
    return this.getJobCountByTypes('delayed');
  }

  getWaitingChildrenCount(): Promise<number> {
    return this.getJobCountByTypes('waiting-children');
  }

  getActiveCount(): Promise<number> {
    return this.getJobCountByTypes('active');
  }

  getCompletedCount(): Promise<number> {
    return this.getJobCountByTypes('completed');
  }

  getFailedCount(): Promise<number> {
    return this.getJobCountByTypes('failed');
  }

  /**
   * Children of a job: those that have completed or failed with what they brought, or those that are pending. Positions
   * are stable as long as no child ends.
   */
  async getDependencies(
    parentId: string,
    type: 'processed' | 'pending',
    start: number,
    end: number,
  ): Promise<{ items: { id: string; v?: any; err?: string }[]; jobs: J[]; total: number }> {
    if (type !== 'processed' && type !== 'pending') {
      throw new InvalidOptionError('type', type, 'Use processed or pending.');
    }
    checkRange(start, end);
    const found = new Map<string, { ref: JobRef; letter: string; payload: string }>();
    let cursor = 0;
    do {
      const letters = type === 'pending' ? 'p' : 'cif';
      const page = await this.store.children.read(parentId, { letters, values: true, cursor });
      page.children.forEach((child) => found.set(shownKey(child.ref), child));
      cursor = page.cursor;
    } while (cursor !== 0);
    const slice = [...found].slice(start, end < 0 ? found.size + end + 1 : end + 1);
    const jobs: J[] = [];
    const items = slice.map(([id, { letter, payload }]) => ({
      id,
      ...(letter === 'c' ? { v: decodeValue("A child's result", payload, this.opts.codec) as unknown } : {}),
      ...(letter === 'i' || letter === 'f' ? { err: decodeJson<string>(payload) } : {}),
    }));
    for (const [, { ref }] of slice) {
      const peer = this.store.jobs.peer(ref);
      const loaded = await peer.loadJob(ref.id);
      if (loaded) {
        jobs.push(Job.fromRecord(peer, loaded.record) as unknown as J);
      }
    }
    return { items, jobs, total: found.size };
  }

  /** How many jobs wait in each of these priorities; 0 counts jobs without one. */
  async getCountsPerPriority(priorities: number[]): Promise<Record<string, number>> {
    for (const priority of priorities) {
      checkInteger('priority', priority, 0, PRIORITY_LIMIT);
    }
    const counts = await this.store.inspect.countPriorities(priorities);
    return Object.fromEntries(priorities.map((priority, i) => [String(priority), counts[i] ?? 0]));
  }

  /** Lines that a job logged. */
  async getJobLogs(id: string, start = 0, end = -1, asc = true): Promise<{ logs: string[]; count: number }> {
    checkRange(start, end);
    return this.store.inspect.getLogs(id, { start, stop: end, descending: !asc });
  }

  /**
   * For how many milliseconds the oldest job has waited that could start now: the first of those that wait, or the first of those with
   * a priority. 0 where none waits.
   */
  async getLagMs(): Promise<number> {
    const { inspect } = this.store;
    const first = { start: 0, stop: 0, descending: false };
    const ids = await Promise.all(
      (['waiting', 'prioritized'] as const).map((state) => inspect.listJobs([state], first)),
    );
    const looks = await Promise.all(ids.flat().map((id) => inspect.lookAtJob(id)));
    const lags = looks.map(({ time, job }) => (job ? time - waitsSince(job.record) : 0));
    return Math.max(0, ...lags);
  }

  async isPaused(): Promise<boolean> {
    return (await this.store.inspect.countJobs()).paused;
  }

  /**
   * Waits for calls under way, at most `callTimeout` and never longer than 10 s, also where Redis is out of reach or not
   * reached yet; then lets go of the connection, which closes with its last user. Calls that are not through by then reject
   * with `ConnectionClosedError`.
   */
  async close(): Promise<void> {
    await this.release();
  }

  /** Closes without waiting. */
  async disconnect(): Promise<void> {
    await this.release(false);
  }

  private released: Promise<void> | undefined;

  private release(wait = true): Promise<void> {
    return (this.released ??= (async () => {
      if (wait) {
        await lastCalls(this.connection.runtime, this.store, this.store.callTimeoutMs);
      }
      this.unmeasure?.();
      this.store.close(`The queue ${this.name}`);
      this.connection.off('error', this.onConnectionError);
      await this.connection.release();
    })());
  }
}

branded(QueueGetters, 'QueueGetters');

/** About when a job began to wait: since it was due, or since it was run last. */
function waitsSince({ body, fields }: JobRecord): number {
  const { timestamp, opts } = decodeBody(body);
  return Math.max(timestamp + (opts.delay ?? 0), Number(fields.processedOn ?? 0));
}
