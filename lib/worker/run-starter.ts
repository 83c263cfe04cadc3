import { readCancellation } from '../job/cancellation.js';
import { Job } from '../job/job.js';
import { shownKey } from '../job/job-ref.js';
import type { JobRecord } from '../job/job-record.js';
import { UnrecoverableError } from '../job/special-errors.js';
import type { SlotPlanner } from '../schedule/slot-planner.js';
import type { QueueStore } from '../store/queue-store.js';
import type { AttemptRunner } from './attempt.js';
import type { BatchRunner } from './batch-runner.js';
import type { CommitLoop } from './commit-loop.js';
import type { LockKeeper } from './lock-keeper.js';
import type { Notices } from './notices.js';
import type { Prefetch } from './prefetch.js';
import { Run } from './run.js';
import type { Shutdown } from './shutdown.js';

/** Parts of a worker that a run begins with. */
export interface StartingParts {
  readonly store: QueueStore;
  readonly loop: CommitLoop;
  readonly locks: LockKeeper;
  readonly notices: Notices;
  readonly shutdown: Shutdown;
  readonly attempts: AttemptRunner;
  readonly planner: SlotPlanner;
  readonly batches: BatchRunner | undefined;
  readonly prefetch: Prefetch | undefined;
}

/** Makes runs of granted jobs, and starts them: at once, when they have a slot, or as a batch. */
export class RunStarter {
  constructor(
    private readonly parts: StartingParts,
    private readonly workerName: string | undefined,
    private readonly active: (job: Job) => void,
  ) {}

  /** A job just granted: its record says what was stored before. */
  jobOf(record: JobRecord): Job {
    const { store, planner } = this.parts;
    const job = Job.fromRecord<any, any, string, any>(store.jobs, record);
    job.processedOn = store.runtime.now();
    job.processedBy = this.workerName ?? job.processedBy;
    const { scheduler, planned } = record.fields;
    if (planned !== undefined && scheduler !== undefined) {
      planner.need([scheduler]);
    }
    return job;
  }

  /** @param sentAt when the call was sent that granted them */
  beginAll(records: readonly JobRecord[], sentAt: number): void {
    const { batches, prefetch, shutdown, loop } = this.parts;
    const runs = records.map((record) => this.hold(record, sentAt));
    if (shutdown.isHandingBack) {
      for (const run of runs) {
        shutdown.handBack(run);
        loop.ended();
      }
    } else if (batches) {
      this.beginBatch(batches, runs);
    } else if (prefetch) {
      prefetch.take(runs);
    } else {
      runs.forEach((run) => this.begin(run));
    }
  }

  /** Starts a run that has a slot. A job whose grant was long on its way is started only if it is still this worker's. */
  begin(run: Run): void {
    this.onceHeld(run, () => this.start(run));
  }

  /** A job that stalled too often was granted to this worker only to be failed; it takes a slot like any other. */
  failStalled(record: JobRecord, sentAt: number): void {
    const run = this.hold(record, sentAt);
    this.parts.loop.began();
    this.onceHeld(run, () =>
      this.parts.attempts.fail(run, new UnrecoverableError('job stalled more than allowable limit')),
    );
  }

  /** A job that was taken ahead, and waits again. What Redis says of it changes nothing here. */
  handBack(run: Run): void {
    const { loop, locks, store } = this.parts;
    run.handedBack = true;
    loop.push(['postpone', run.job.id, run.token, '0'], () => {});
    locks.release(run);
    loop.ended();
    store.runtime.observer?.ended(run);
  }

  private hold(record: JobRecord, sentAt: number): Run {
    const { locks, notices, store } = this.parts;
    const run = new Run(this.jobOf(record), record.token ?? '');
    locks.hold(run, sentAt);
    store.runtime.observer?.began(run, shownKey(run.job));
    const how = notices.cancelledBefore(run.job.id, run.token);
    if (how !== undefined) {
      run.cancel(readCancellation(how));
    }
    return run;
  }

  /** It begins with those that are still this worker's. */
  private beginBatch(batches: BatchRunner, runs: readonly Run[]): void {
    const { locks, attempts } = this.parts;
    const doubtful = runs.filter((run) => locks.isDoubtful(run));
    if (doubtful.length === 0) {
      batches.start(runs, (run) => this.start(run));
      return;
    }
    const giveBack = batches.reserve();
    void Promise.all(doubtful.map((run) => locks.confirm(run))).then((held) => {
      giveBack();
      const lost = new Set(doubtful.filter((run, i) => !held[i] || run.handedBack));
      batches.start(
        runs.filter((run) => !lost.has(run) && !run.handedBack),
        (run) => this.start(run),
      );
      lost.forEach((run) => attempts.leave(run));
    });
  }

  private start(run: Run): void {
    if (this.parts.prefetch) {
      run.job.processedOn = this.parts.store.runtime.now();
    }
    this.active(run.job);
    this.parts.attempts.start(run);
  }

  private onceHeld(run: Run, begin: () => void): void {
    const { locks, attempts } = this.parts;
    if (!locks.isDoubtful(run)) {
      begin();
      return;
    }
    void locks.confirm(run).then((isHeld) => {
      // The worker may have closed meanwhile, and handed the job back.
      if (isHeld && !run.handedBack) {
        begin();
      } else {
        attempts.leave(run);
      }
    });
  }
}
