import { LockLostError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { Run } from './run.js';

/** A renewal that failed is tried again after this part of the time between renewals. */
const RETRY_PART = 1 / 4;
/** A process that stood still itself asks Redis before it gives a lock up, and waits for the reply this long at most. */
const LONGEST_PATIENCE_MS = 1000;

export interface LockKeeperOptions {
  lockMs: number;
  /** Time between renewals, `Infinity` for none. */
  renewMs: number;
}

export interface LockKeeperHooks {
  /** Renews locks in Redis. Returns the ids of jobs whose lock is no longer held. */
  renew: (held: (readonly [id: string, token: string])[]) => Promise<string[]>;
  renewed: (jobIds: string[]) => void;
  lost: (jobIds: string[]) => void;
  failed: (error: unknown) => void;
}

/**
 * Keeps the locks of all jobs that a worker holds: renews them in one call, and aborts the runs whose lock is gone, or can
 * no longer be shown to be held. Redis counts a lock from when it grants or renews it, which is not before the call was
 * sent; so each run has a deadline here, `lockMs` after the last call was sent that Redis has confirmed, and is aborted then
 * whatever becomes of later calls.
 *
 * Without a timer while no job is held; one timer serves all jobs.
 */
export class LockKeeper extends Service {
  /** Runs, not ids: a job whose lock was lost may be held a second time. */
  private readonly held = new Set<Run>();
  private readonly emptied: (() => void)[] = [];
  private timer: Timer | undefined;
  private wakesAt = Infinity;
  private renewAt = Infinity;
  private renewing = false;
  /** Whether Redis has left the last renewal unanswered, or refused it. */
  private unanswered = false;

  constructor(
    runtime: Runtime,
    private readonly options: LockKeeperOptions,
    private readonly hooks: LockKeeperHooks,
  ) {
    super(runtime);
  }

  protected override onStart(): void {
    this.schedule();
  }

  protected onStop(): void {
    this.disarm();
  }

  /** @param sentAt when the call was sent that granted the lock */
  hold(run: Run, sentAt: number): void {
    run.lockedUntil = sentAt + this.options.lockMs;
    this.held.add(run);
    this.renewAt = Math.min(this.renewAt, sentAt + this.options.renewMs);
    this.wakeBy(Math.min(run.lockedUntil, this.nextRenewal()));
  }

  release(run: Run): void {
    this.held.delete(run);
    if (this.held.size === 0) {
      this.emptied.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Redis has confirmed a lock in a call other than those of this keeper. */
  confirmed(run: Run, until: number): void {
    run.lockedUntil = until;
    this.wakeBy(until);
  }

  /** Whether the lock may have expired before the job that it was granted for came here. */
  isDoubtful(run: Run): boolean {
    return run.lockedUntil <= this.runtime.monotonicMs();
  }

  /** Asks Redis whether a lock is still held, and renews it. Never rejects. */
  async confirm(run: Run): Promise<boolean> {
    const sentAt = this.runtime.monotonicMs();
    try {
      const lost = await this.hooks.renew([[run.job.id, run.token]]);
      if (lost.length === 0) {
        this.confirmed(run, sentAt + this.options.lockMs);
        return true;
      }
    } catch (error) {
      this.hooks.failed(error);
    }
    this.lose([run]);
    return false;
  }

  /** Resolves when no job is held. */
  whenEmpty(): Promise<void> {
    return this.held.size === 0 ? Promise.resolve() : new Promise((resolve) => this.emptied.push(resolve));
  }

  runs(): Run[] {
    return [...this.held];
  }

  /** Runs of a job under that token. */
  runsUnder(id: string, token: string): Run[] {
    return this.runs().filter((run) => run.job.id === id && run.token === token);
  }

  private nextRenewal(): number {
    return this.renewing ? Infinity : this.renewAt;
  }

  private wakeBy(at: number): void {
    if (!this.isRunning || at >= this.wakesAt) {
      return;
    }
    this.timer?.cancel();
    this.wakesAt = at;
    const ms = Math.max(Math.ceil(at - this.runtime.monotonicMs()), 0);
    this.timer = this.runtime.setTimer(this.wake, ms, { upkeep: true });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.wakesAt = Infinity;
  }

  private schedule(): void {
    let at = this.nextRenewal();
    for (const run of this.held) {
      if (isKept(run) && run.lockedUntil < at) {
        at = run.lockedUntil;
      }
    }
    this.disarm();
    this.wakeBy(at);
  }

  private readonly wake = (): void => {
    this.disarm();
    if (this.held.size === 0) {
      this.renewAt = Infinity;
      return;
    }
    const now = this.runtime.monotonicMs();
    this.endOverdue(now);
    if (now >= this.nextRenewal()) {
      void this.renew();
    } else {
      this.schedule();
    }
  };

  private endOverdue(now: number): void {
    const overdue = [...this.held].filter((run) => isKept(run) && run.lockedUntil <= now);
    const { lockMs, renewMs } = this.options;
    if (overdue.length === 0 || this.unanswered || !Number.isFinite(renewMs)) {
      this.lose(overdue);
      return;
    }
    for (const run of overdue) {
      run.lockedUntil = now + Math.min(lockMs * RETRY_PART, LONGEST_PATIENCE_MS);
    }
    this.renewAt = now;
  }

  /** Never two at a time: a slow Redis would only get slower. */
  private async renew(): Promise<void> {
    const { lockMs, renewMs } = this.options;
    const runs = this.newestRuns();
    const sentAt = this.runtime.monotonicMs();
    this.renewing = true;
    this.unanswered = true;
    this.schedule();
    try {
      const lost = new Set(await this.hooks.renew(runs.map(({ job, token }) => [job.id, token] as const)));
      const kept = runs.filter(({ job }) => !lost.has(job.id));
      for (const run of kept) {
        run.lockedUntil = sentAt + lockMs;
      }
      this.unanswered = false;
      this.renewAt = sentAt + renewMs;
      this.lose(runs.filter(({ job }) => lost.has(job.id)));
      this.hooks.renewed(kept.map(({ job }) => job.id));
    } catch (error) {
      this.renewAt = this.runtime.monotonicMs() + renewMs * RETRY_PART;
      this.hooks.failed(error);
    }
    this.renewing = false;
    this.schedule();
  }

  /** A job that is held a second time here has been lost by the first run. */
  private newestRuns(): Run[] {
    const newest = new Map<string, Run>();
    for (const run of this.held) {
      const older = newest.get(run.job.id);
      if (older) {
        this.lose([older]);
      }
      newest.set(run.job.id, run);
    }
    return [...newest.values()];
  }

  /** A run that ended while the call was on its way has given its lock back by itself. */
  private lose(runs: Run[]): void {
    const lost = runs.filter((run) => this.held.has(run) && isKept(run));
    for (const run of lost) {
      run.abort(new LockLostError(run.job.id, 'go on with'));
    }
    if (lost.length > 0) {
      this.hooks.lost(lost.map(({ job }) => job.id));
    }
  }
}

/** Whether the run still counts on its lock. */
function isKept({ isEnding, isAborted }: Run): boolean {
  return !isEnding && !isAborted;
}
