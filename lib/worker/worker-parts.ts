import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import { readCancellation } from '../job/cancellation.js';
import { groupLimitsText } from '../job/group.js';
import { asError } from '../job/job-failure.js';
import type { JobClass } from '../job/job-store.js';
import { keptUp, Tracing } from '../job/tracing.js';
import { stopAll } from '../runtime/service.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { SlotPlanner } from '../schedule/slot-planner.js';
import type { Grant } from '../store/commit-call.js';
import { Presence } from '../store/presence.js';
import { QueueStore } from '../store/queue-store.js';
import { AttemptRunner } from './attempt.js';
import { BatchRunner } from './batch-runner.js';
import { CommitLoop } from './commit-loop.js';
import { LockKeeper } from './lock-keeper.js';
import { ManualFetch } from './manual-fetch.js';
import { Notices } from './notices.js';
import { PlaceKeeper } from './place-keeper.js';
import { Prefetch } from './prefetch.js';
import { RunStarter } from './run-starter.js';
import type { RunHooks } from './run-writer.js';
import { Shutdown } from './shutdown.js';
import { StalledChecker } from './stalled-checker.js';
import type { BatchProcessor, BatchWorkerOptions, Processor, WorkerOptions } from './worker-options.js';
import { commitOptions, settingsOf, type WorkerSettings } from './worker-settings.js';

/** Part of a lock's time that it has left at least after a step of its job was kept. */
const AS_GOOD_AS_NEW = 0.9;

/** What the parts of a worker ask of it. */
export interface WorkerHost {
  readonly queueName: string;
  readonly prefix: string;
  readonly opts: WorkerOptions | BatchWorkerOptions;
  readonly jobClass: JobClass | undefined;
  /** Jobs at the same time, at this moment. */
  slots: () => number;
  isPaused: () => boolean;
  emit: (event: string, ...args: unknown[]) => void;
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
  readonly planner: SlotPlanner;
  readonly attempts: AttemptRunner;
  readonly starter: RunStarter;
  readonly prefetch: Prefetch | undefined;
  readonly batches: BatchRunner | undefined;
  private readonly settings: WorkerSettings;
  private readonly tracing: Tracing | undefined;
  /** An add of this process may bring a job along, and what it runs in, such as a request, is not the job's context. */
  private readonly inOwnContext = AsyncLocalStorage.snapshot();

  constructor(
    private readonly host: WorkerHost,
    processor: Processor | BatchProcessor,
  ) {
    const { opts, slots, emit } = host;
    const settings = settingsOf(opts);
    this.settings = settings;
    this.tracing = Tracing.of(opts);
    this.connection = connect(opts.connection, opts);
    const { runtime } = this.connection;
    this.id = runtime.uniqueId();
    const { lockMs, drainDelayMs, batch } = settings;
    const groups = groupLimitsText(opts.group, batch?.groupAffinity);
    const grant = { worker: this.id, name: opts.name ?? '', lockMs, limiter: opts.limiter, least: 0, groups };
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
            begin: (run) => this.starter.begin(run),
            leave: (run) => this.attempts.leave(run),
            handBack: (run) => this.starter.handBack(run),
          });
    this.store = this.makeStore();
    this.loop = this.makeLoop(grant);
    this.locks = this.makeLocks();
    this.planner = new SlotPlanner(
      runtime,
      this.store.schedules,
      opts.settings?.repeatStrategy,
      this.onFailure,
    );
    this.stalls = this.makeStalledChecker();
    this.attempts = new AttemptRunner(
      this.batches?.join ?? (processor as Processor),
      opts as WorkerOptions,
      runtime,
      this.loop,
      this.runHooks(),
      this.id,
      this.tracing,
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
    this.places = new PlaceKeeper(runtime, this.store, this.onFailure);
    this.presence = new Presence(this.connection, this.store.keys, {
      ...{ kind: 'worker', id: this.id, name: opts.name ?? '', host: hostname(), pid: process.pid },
      since: runtime.now(),
    });
    this.shutdown = new Shutdown(runtime, this.store, this.loop, this.locks);
    this.starter = new RunStarter(this, opts.name, (job) => emit('active', job, 'waiting'));
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

  private readonly onFailure = (error: unknown): void => this.host.emit('error', asError(error));

  private makeStore(): QueueStore {
    const { opts, prefix, queueName, jobClass, slots, emit } = this.host;
    const host = {
      ...{ jobClass, codec: opts.codec, tracing: this.tracing, callTimeoutMs: this.settings.callTimeoutMs },
      progressed: (job: unknown, progress: unknown) => emit('progress', job, progress),
      extended: (id: string, token: string, until: number) =>
        this.locks.runsUnder(id, token).forEach((run) => this.locks.confirmed(run, until)),
      cancelled: (id: string, token: string, how: string) => this.cancelled(id, token, how),
      fetchNext: (token: string) => this.manual.fetch(token, false),
    };
    return new QueueStore(this.connection, prefix, queueName, host, commitOptions(this.settings, slots));
  }

  private makeLoop(grant: Grant): CommitLoop {
    const { opts, slots, emit } = this.host;
    const { drainDelayMs, lookAgainMs, ahead } = this.settings;
    const { batches } = this;
    return new CommitLoop(
      this.store,
      {
        ...{ grant, drainDelayMs, lookAgainMs, retryMs: opts.runRetryDelay },
        roomBeside: batches
          ? (_, asked) => batches.room(asked)
          : (running, asked) => slots() + ahead - running - asked,
      },
      {
        jobs: (records, sentAt) => this.inOwnContext(() => this.starter.beginAll(records, sentAt)),
        none: (isSomethingWaiting) => {
          batches?.foundNone(isSomethingWaiting);
          if (isSomethingWaiting) this.places.poke();
        },
        drained: () => this.inOwnContext(() => emit('drained')),
        failed: this.onFailure,
      },
    );
  }

  private makeLocks(): LockKeeper {
    const { emit } = this.host;
    const { lockMs, renewMs, silence } = this.settings;
    return new LockKeeper(
      this.connection.runtime,
      { lockMs, renewMs },
      {
        renew: (held) =>
          keptUp(this.tracing, { kind: 'renew-locks', ...this.names, jobIds: held.map(([id]) => id) }, () =>
            this.store.runs.renewLocks(held, lockMs, silence),
          ),
        renewed: (jobIds) => emit('locksRenewed', { count: jobIds.length, jobIds }),
        lost: (jobIds) => emit('lockRenewalFailed', jobIds),
        failed: this.onFailure,
      },
    );
  }

  private makeStalledChecker(): StalledChecker {
    const { emit } = this.host;
    const { lockMs, silence, stalled } = this.settings;
    const options = { worker: this.id, lockMs, silence, ...stalled };
    return new StalledChecker(this.connection.runtime, this.store, options, {
      stalled: (jobId) => emit('stalled', jobId, 'active'),
      exhausted: (record, sentAt) => {
        emit('stalled', record.id, 'active');
        this.starter.failStalled(record, sentAt);
      },
      unplanned: (ids) => this.planner.need(ids),
      looks: (look) => keptUp(this.tracing, { kind: 'find-stalled', ...this.names }, look),
      failed: this.onFailure,
    });
  }

  private runHooks(): RunHooks {
    const { emit } = this.host;
    const { lockMs, renewMs } = this.settings;
    const { batches, prefetch, connection } = this;
    const { observer } = connection.runtime;
    return {
      completed: (job, result) => emit('completed', job, result, 'active'),
      failed: (job, error) => emit('failed', job, error, 'active'),
      error: this.onFailure,
      ended: (run) => {
        this.loop.ended();
        batches?.ended(run);
        prefetch?.ended(run);
        observer?.ended(run);
      },
      settled: (run) => this.locks.release(run),
      // A step that is kept renews a lock that is no longer as good as new.
      kept: (run, sentAt) =>
        this.locks.confirmed(run, Math.max(run.lockedUntil, sentAt + lockMs * AS_GOOD_AS_NEW)),
      granted: () => this.locks.runs(),
      givesBack: Number.isFinite(renewMs),
      closing: () => this.shutdown.isBegun,
    };
  }

  /** What telemetry gets of who works. */
  private get names(): { queueName: string; workerId: string; workerName: string | undefined } {
    return { queueName: this.host.queueName, workerId: this.id, workerName: this.host.opts.name };
  }

  private limitsChanged(): void {
    this.places.look();
    this.loop.poke();
  }

  /** Jobs that one call has started may have the same token. */
  private cancelled(id: string, token: string, how: string): void {
    for (const run of this.locks.runsUnder(id, token)) {
      run.cancel(readCancellation(how));
    }
  }
}
