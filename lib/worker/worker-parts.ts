import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import { readCancellation } from '../job/cancellation.js';
import { groupLimitsText } from '../job/group.js';
import { Job } from '../job/job.js';
import { shownKey } from '../job/job-ref.js';
import { asError } from '../job/job-failure.js';
import type { JobRecord } from '../job/job-record.js';
import type { JobClass } from '../job/job-store.js';
import { keptUp, Tracing } from '../job/tracing.js';
import { silenceOf } from '../job/silence.js';
import { UnrecoverableError } from '../job/special-errors.js';
import type { WorkObserver } from '../runtime/runtime.js';
import { stopAll } from '../runtime/service.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { SlotPlanner } from '../schedule/slot-planner.js';
import { CALL_TIMEOUT_MS } from '../store/patience.js';
import { Presence } from '../store/presence.js';
import { QueueStore } from '../store/queue-store.js';
import { type AttemptHooks, AttemptRunner } from './attempt.js';
import type { BatchOptions } from './batch-options.js';
import { BatchRunner } from './batch-runner.js';
import { CommitLoop } from './commit-loop.js';
import { LockKeeper } from './lock-keeper.js';
import { ManualFetch } from './manual-fetch.js';
import { Notices } from './notices.js';
import { PlaceKeeper } from './place-keeper.js';
import { Prefetch } from './prefetch.js';
import { Run } from './run.js';
import { Shutdown } from './shutdown.js';
import { StalledChecker } from './stalled-checker.js';
import type { BatchProcessor, BatchWorkerOptions, Processor, WorkerOptions } from './worker-options.js';

const LOCK_MS = 30_000;
const STALLED_INTERVAL_MS = 30_000;
const DRAIN_DELAY_S = 5;
const LIMIT_DELAY_MS = 30_000;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** While Redis works on one call, this process prepares the next. */
const COMMIT_LANES = 2;
/** Part of a lock's time that it has left at least after a step of its job was kept. */
const AS_GOOD_AS_NEW = 0.9;
const SMALLEST_BATCH = 5;
const LARGEST_BATCH = 200;

/** What the parts of a worker ask of it. */
export interface WorkerHost {
  readonly queueName: string;
  readonly prefix: string;
  readonly opts: WorkerOptions | BatchWorkerOptions;
  readonly jobClass: JobClass | undefined;
  /** Jobs at the same time, at this moment. */
  slots: () => number;
  isPaused: () => boolean;
  tell: (event: string, ...args: unknown[]) => void;
}

/** The parts of a worker, and how they are joined; the worker itself only starts and stops them. */
export class WorkerParts {
  /** Names the worker in lock tokens. */
  readonly id: string;
  readonly connection: Connection;
  readonly store: QueueStore;
  readonly loop: CommitLoop;
  readonly locks: LockKeeper;
  readonly stalls: StalledChecker;
  readonly manual: ManualFetch;
  readonly shutdown: Shutdown;
  readonly notices: Notices;
  readonly places: PlaceKeeper;
  readonly presence: Presence;
  readonly prefetch: Prefetch | undefined;
  private readonly batches: BatchRunner | undefined;
  private readonly planner: SlotPlanner;
  private readonly attempts: AttemptRunner;
  private readonly observer: WorkObserver | undefined;
  /** An add of this process may bring a job along, and what it runs in, such as a request, is not the job's context. */
  private readonly inOwnContext = AsyncLocalStorage.snapshot();

  constructor(
    private readonly host: WorkerHost,
    processor: Processor | BatchProcessor,
  ) {
    const { opts, queueName, prefix, slots, tell } = host;
    const lockMs = opts.lockDuration ?? LOCK_MS;
    const drainDelayMs = (opts.drainDelay ?? DRAIN_DELAY_S) * 1000;
    this.connection = connect(opts.connection, opts);
    const { runtime } = this.connection;
    const tracing = Tracing.of(opts);
    this.observer = runtime.observer;
    this.id = runtime.uniqueId();
    const batch = opts.batch as BatchOptions | undefined;
    const groups = groupLimitsText(opts.group, batch?.groupAffinity);
    const grant = { worker: this.id, name: opts.name ?? '', lockMs, limiter: opts.limiter, least: 0, groups };
    const failed = (error: unknown): void => tell('error', asError(error));

    this.batches =
      batch &&
      new BatchRunner(processor as BatchProcessor, batch, slots, runtime, {
        setLeast: (least) => (grant.least = least),
        look: () => this.loop.poke(),
      });
    this.prefetch =
      opts.prefetch === undefined
        ? undefined
        : new Prefetch(opts.prefetch, slots, {
            begin: (run) => this.onceHeld(run, () => this.startRun(run)),
            leave: (run) => this.attempts.leave(run),
            handBack: (run) => this.handBack(run),
          });
    const { batches, prefetch } = this;
    const ahead = prefetch?.size ?? 0;
    this.store = new QueueStore(
      this.connection,
      prefix,
      queueName,
      {
        progressed: (job, progress) => tell('progress', job, progress),
        extended: (id, token, until) => this.extended(id, token, until),
        cancelled: (id, token, how) => this.cancelled(id, token, how),
        fetchNext: (token) => this.manual.fetch(token, false),
        jobClass: host.jobClass,
        codec: opts.codec,
        tracing,
        // What a processor asks for is of use to it as long as its lock may be held.
        callTimeoutMs: opts.callTimeout ?? Math.max(lockMs, CALL_TIMEOUT_MS),
      },
      {
        sessions: COMMIT_LANES,
        entries: () =>
          batch?.size ??
          Math.min(Math.max(Math.ceil((slots() + ahead) / COMMIT_LANES), SMALLEST_BATCH), LARGEST_BATCH),
      },
    );
    this.loop = new CommitLoop(
      this.store,
      {
        grant,
        roomBeside: batches
          ? (_, asked) => batches.room(asked)
          : (running, asked) => slots() + ahead - running - asked,
        drainDelayMs,
        lookAgainMs: Math.min(drainDelayMs, opts.maximumRateLimitDelay ?? LIMIT_DELAY_MS),
        retryMs: opts.runRetryDelay,
      },
      {
        jobs: (records, sentAt) => this.inOwnContext(() => this.beginAll(records, sentAt)),
        none: (isSomethingWaiting) => {
          batches?.foundNone(isSomethingWaiting);
          if (isSomethingWaiting) this.places.poke();
        },
        drained: () => this.inOwnContext(() => tell('drained')),
        failed,
      },
    );
    const silence = silenceOf(lockMs);
    const who = { queueName, workerId: this.id, workerName: opts.name };
    const renewMs = opts.skipLockRenewal ? Infinity : (opts.lockRenewTime ?? lockMs / 2);
    this.locks = new LockKeeper(
      runtime,
      { lockMs, renewMs },
      {
        renew: (held) =>
          keptUp(tracing, { kind: 'renew-locks', ...who, jobIds: held.map(([id]) => id) }, () =>
            this.store.runs.renewLocks(held, lockMs, silence),
          ),
        renewed: (jobIds) => tell('locksRenewed', { count: jobIds.length, jobIds }),
        lost: (jobIds) => tell('lockRenewalFailed', jobIds),
        failed,
      },
    );
    const stallOptions = {
      worker: this.id,
      lockMs,
      intervalMs: opts.stalledInterval ?? STALLED_INTERVAL_MS,
      maxStalls: opts.maxStalledCount ?? 1,
      maxEventBytes: opts.maxEventBytes ?? MAX_EVENT_BYTES,
      silence,
    };
    this.planner = new SlotPlanner(runtime, this.store.schedules, opts.settings?.repeatStrategy, failed);
    this.stalls = new StalledChecker(runtime, this.store, stallOptions, {
      stalled: (jobId) => tell('stalled', jobId, 'active'),
      exhausted: (record, sentAt) => {
        tell('stalled', record.id, 'active');
        this.failStalled(record, sentAt);
      },
      unplanned: (ids) => this.planner.need(ids),
      looks: (look) => keptUp(tracing, { kind: 'find-stalled', ...who }, look),
      failed,
    });
    const hooks: AttemptHooks = {
      completed: (job, result) => tell('completed', job, result, 'active'),
      failed: (job, error) => tell('failed', job, error, 'active'),
      error: failed,
      ended: (run) => {
        this.loop.ended();
        batches?.ended(run);
        prefetch?.ended(run);
        this.observer?.ended(run);
      },
      settled: (run) => this.locks.release(run),
      // A step that is kept renews a lock that is no longer as good as new.
      kept: (run, sentAt) =>
        this.locks.confirmed(run, Math.max(run.lockedUntil, sentAt + lockMs * AS_GOOD_AS_NEW)),
      givesBack: Number.isFinite(renewMs),
      closing: () => this.shutdown.isBegun,
    };
    this.attempts = new AttemptRunner(
      batches?.join ?? (processor as Processor),
      opts as WorkerOptions,
      runtime,
      this.loop,
      hooks,
      this.id,
      tracing,
    );
    const isStopped = (): boolean => host.isPaused() || this.shutdown.isBegun;
    this.manual = new ManualFetch(runtime, this.store.runs, grant, drainDelayMs, isStopped, () =>
      this.places.look(),
    );
    this.notices = new Notices(
      runtime,
      this.store.keys.of('notices'),
      () => this.connection.eventStreamReader(this.store.keys.base),
      { limits: () => this.limitsChanged(), cancelled: (id, token, how) => this.cancelled(id, token, how) },
    );
    this.places = new PlaceKeeper(runtime, this.store, failed);
    this.presence = new Presence(this.connection, this.store.keys, {
      ...{ kind: 'worker', id: this.id, name: opts.name ?? '', host: hostname(), pid: process.pid },
      since: runtime.now(),
    });
    this.shutdown = new Shutdown(runtime, this.store, this.loop, this.locks);
  }

  /** A job just granted: its record tells what was stored before. */
  jobOf(record: JobRecord): Job {
    const job = Job.fromRecord<any, any, string, any>(this.store.jobs, record);
    job.processedOn = this.connection.runtime.now();
    job.processedBy = this.host.opts.name ?? job.processedBy;
    const { scheduler, planned } = record.fields;
    if (planned !== undefined && scheduler !== undefined) {
      this.planner.need([scheduler]);
    }
    return job;
  }

  /** Starts what keeps jobs that this worker holds, and looks for those of others. */
  start(checkStalled: boolean): void {
    this.locks.start();
    if (checkStalled) {
      this.stalls.start();
    }
  }

  async stopLooking(): Promise<void> {
    this.batches?.stopWaiting();
    await stopAll([this.presence, this.places, this.planner, this.stalls]);
  }

  private limitsChanged(): void {
    this.places.look();
    this.loop.poke();
  }

  private extended(id: string, token: string, until: number): void {
    for (const run of this.locks.runs()) {
      if (run.job.id === id && run.token === token) {
        this.locks.confirmed(run, until);
      }
    }
  }

  /** Jobs that one call has started may have the same token. */
  private cancelled(id: string, token: string, how: string): void {
    for (const run of this.locks.runs()) {
      if (run.job.id === id && run.token === token) {
        run.cancel(readCancellation(how));
      }
    }
  }

  private hold(record: JobRecord, sentAt: number): Run {
    const run = new Run(this.jobOf(record), record.token ?? '');
    this.locks.hold(run, sentAt);
    this.observer?.began(run, shownKey(run.job));
    const how = this.notices.cancelledBefore(run.job.id, run.token);
    if (how !== undefined) {
      run.cancel(readCancellation(how));
    }
    return run;
  }

  private beginAll(records: readonly JobRecord[], sentAt: number): void {
    const runs = records.map((record) => this.hold(record, sentAt));
    if (this.shutdown.isHandingBack) {
      for (const run of runs) {
        this.shutdown.handBack(run);
        this.loop.ended();
      }
    } else if (this.batches) {
      this.beginBatch(this.batches, runs);
    } else if (this.prefetch) {
      this.prefetch.take(runs);
    } else {
      for (const run of runs) {
        this.onceHeld(run, () => this.startRun(run));
      }
    }
  }

  /** A job that was taken ahead, and waits again. What Redis says of it changes nothing here. */
  private handBack(run: Run): void {
    run.handedBack = true;
    this.loop.push(['postpone', run.job.id, run.token, '0'], () => {});
    this.locks.release(run);
    this.loop.ended();
    this.observer?.ended(run);
  }

  /** It begins with those that are still this worker's. */
  private beginBatch(batches: BatchRunner, runs: readonly Run[]): void {
    const doubtful = runs.filter((run) => this.locks.isDoubtful(run));
    if (doubtful.length === 0) {
      batches.start(runs, (run) => this.startRun(run));
      return;
    }
    void Promise.all(doubtful.map((run) => this.locks.confirm(run))).then((held) => {
      const lost = new Set(doubtful.filter((run, i) => !held[i] || run.handedBack));
      batches.start(
        runs.filter((run) => !lost.has(run) && !run.handedBack),
        (run) => this.startRun(run),
      );
      lost.forEach((run) => this.attempts.leave(run));
    });
  }

  private startRun(run: Run): void {
    if (this.prefetch) {
      run.job.processedOn = this.connection.runtime.now();
    }
    this.host.tell('active', run.job, 'waiting');
    this.attempts.start(run);
  }

  /** A job that stalled too often was granted to this worker only to be failed; it takes a slot like any other. */
  private failStalled(record: JobRecord, sentAt: number): void {
    const run = this.hold(record, sentAt);
    this.loop.began();
    this.onceHeld(run, () =>
      this.attempts.fail(run, new UnrecoverableError('job stalled more than allowable limit')),
    );
  }

  /** A job whose grant was long on its way is started only if it is still this worker's. */
  private onceHeld(run: Run, begin: () => void): void {
    if (!this.locks.isDoubtful(run)) {
      begin();
      return;
    }
    void this.locks.confirm(run).then((isHeld) => {
      // The worker may have closed meanwhile, and handed the job back.
      if (isHeld && !run.handedBack) {
        begin();
      } else {
        this.attempts.leave(run);
      }
    });
  }
}
