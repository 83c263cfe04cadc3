import { WorkerClosingError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import type { QueueStore } from '../store/queue-store.js';
import type { CommitLoop } from './commit-loop.js';
import type { LockKeeper } from './lock-keeper.js';
import type { Run } from './run.js';

const CLOSE_TIMEOUT_MS = 25_000;
/** For what must still be said to Redis; with Redis down it is given up then. */
const LAST_CALLS_MS = 1000;

/** Ends a worker in stages: wait for running jobs, abort and hand back the rest, let the last calls through. */
export class Shutdown {
  private begun: Promise<void> | undefined;
  private over = false;
  private handsBack = false;
  /** Whether jobs that still run at the end keep their locks, until those expire. */
  leavesJobs = false;
  private expire!: () => void;
  /** Resolves at the earliest deadline that a caller gave. */
  private readonly expired = new Promise<void>((resolve) => (this.expire = resolve));
  private readonly timers: Timer[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly store: QueueStore,
    private readonly loop: CommitLoop,
    private readonly locks: LockKeeper,
  ) {}

  get isBegun(): boolean {
    return this.begun !== undefined;
  }

  /** Whether jobs are no longer waited for. */
  get isOver(): boolean {
    return this.over;
  }

  /** Whether jobs that come now, from a call on its way, are handed back at once. */
  get isHandingBack(): boolean {
    return this.handsBack;
  }

  run(timeoutMs = CLOSE_TIMEOUT_MS, stopOthers: () => Promise<void>): Promise<void> {
    if (!this.over) {
      this.timers.push(this.runtime.setTimer(this.expire, timeoutMs, { pressing: true }));
    }
    return (this.begun ??= this.stages(stopOthers));
  }

  /** Gives a job back unfinished; no attempt is counted. */
  handBack(run: Run): void {
    run.handedBack = true;
    run.timer?.cancel();
    run.abort(new WorkerClosingError());
    run.trace?.end('moved');
    run.trace = undefined;
    if (this.leavesJobs) {
      this.locks.release(run);
      return;
    }
    this.loop.push(['postpone', run.job.id, run.token, '0'], () => this.locks.release(run));
  }

  private async stages(stopOthers: () => Promise<void>): Promise<void> {
    // A call on its way may still bring jobs.
    await Promise.race([within(this.runtime, LAST_CALLS_MS, this.loop.idle()), this.expired]);
    await Promise.race([this.locks.whenEmpty(), this.expired]);
    this.timers.forEach((timer) => timer.cancel());
    // The newest first: each goes to the front of the queue, and the oldest ends up there.
    this.handsBack = true;
    for (const run of this.locks.runs().toReversed()) {
      this.handBack(run);
    }
    await within(this.runtime, LAST_CALLS_MS, Promise.all([this.store.idle(), stopOthers()]));
    this.over = true;
    this.timers.forEach((timer) => timer.cancel());
    this.store.close(`The worker of ${this.store.queueName}`);
    void this.locks.stop();
  }
}
