import { LockLostError } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import type { QueueStore } from '../store/queue-store.js';
import type { Run } from './run.js';

export interface LockKeeperHooks {
  renewed: (jobIds: string[]) => void;
  lost: (jobIds: string[]) => void;
  failed: (error: unknown) => void;
}

/** Renews the locks of all jobs that a worker holds in one call, and aborts those whose lock is gone. */
export class LockKeeper {
  /** Runs, not ids: a job whose lock was lost may be held a second time. */
  private readonly held = new Set<Run>();
  private timer: Timer | undefined;
  private readonly emptied: (() => void)[] = [];
  private stopped = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly store: () => QueueStore,
    private readonly lockMs: number,
    private readonly renewMs: number,
    private readonly hooks: LockKeeperHooks,
  ) {}

  hold(run: Run): void {
    this.held.add(run);
    if (!this.timer && !this.stopped && Number.isFinite(this.renewMs)) {
      this.timer = this.runtime.setRepeating(() => void this.renew(), this.renewMs);
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
    this.timer?.cancel();
  }

  private async renew(): Promise<void> {
    const runs = this.newestRuns();
    if (runs.length === 0) {
      this.timer?.cancel();
      this.timer = undefined;
      return;
    }
    try {
      const held = runs.map(({ job, token }) => [job.id, token] as const);
      const lost = new Set(await this.store().renewLocks(held, this.lockMs));
      this.lose(runs.filter((run) => lost.has(run.job.id)));
      this.hooks.renewed(runs.filter((run) => !lost.has(run.job.id)).map(({ job }) => job.id));
    } catch (error) {
      this.hooks.failed(error);
    }
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
    const lost = runs.filter((run) => this.held.has(run) && !run.isEnding && !run.isAborted);
    for (const run of lost) {
      run.abort(new LockLostError(run.job.id, 'go on with'));
    }
    if (lost.length > 0) {
      this.hooks.lost(lost.map(({ job }) => job.id));
    }
  }
}
