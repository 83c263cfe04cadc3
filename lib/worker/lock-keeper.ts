import { LockLostError } from '../job/errors.js';
import type { QueueStore } from '../store/queue-store.js';
import type { Run } from './run.js';

export interface LockKeeperHooks {
  renewed: (jobIds: string[]) => void;
  lost: (jobIds: string[]) => void;
  failed: (error: unknown) => void;
}

/** Renews the locks of all jobs that a worker holds in one call, and aborts those whose lock is gone. */
export class LockKeeper {
  /** Runs, not ids or tokens: a job whose lock was lost may be held a second time, and tokens count per job. */
  private readonly held = new Set<Run>();
  private timer: NodeJS.Timeout | undefined;
  private readonly emptied: (() => void)[] = [];
  private stopped = false;

  constructor(
    private readonly store: () => QueueStore,
    private readonly lockMs: number,
    private readonly renewMs: number,
    private readonly hooks: LockKeeperHooks,
  ) {}

  hold(run: Run): void {
    this.held.add(run);
    if (!this.timer && !this.stopped && Number.isFinite(this.renewMs)) {
      this.timer = setInterval(() => void this.renew(), this.renewMs);
    }
  }

  release(run: Run): void {
    this.held.delete(run);
    if (this.held.size === 0) {
      this.emptied.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Resolves when no job is held. */
  whenEmpty(): Promise<void> {
    return this.held.size === 0 ? Promise.resolve() : new Promise((resolve) => this.emptied.push(resolve));
  }

  runs(): Run[] {
    return [...this.held];
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    const runs = this.runs();
    if (runs.length === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    try {
      const lost = await this.store().renewLocks(
        runs.map(({ job, token }) => [job.id, token] as const),
        this.lockMs,
      );
      // A run that ended while the call was on its way has given its lock back by itself.
      const lostRuns = runs.filter((run) => lost.includes(run.job.id) && this.held.has(run));
      for (const run of lostRuns) {
        run.abort(new LockLostError(run.job.id, 'go on with'));
      }
      if (lostRuns.length > 0) {
        this.hooks.lost(lostRuns.map(({ job }) => job.id));
      }
      this.hooks.renewed(runs.filter(({ job }) => !lost.includes(job.id)).map(({ job }) => job.id));
    } catch (error) {
      this.hooks.failed(error);
    }
  }
}
