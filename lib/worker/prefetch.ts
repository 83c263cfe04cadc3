import type { Run } from './run.js';

export interface PrefetchHooks {
  /** Starts the work of a job: it has a slot. */
  begin: (run: Run) => void;
  /** Its lock was lost while it waited: nothing is left to do. */
  leave: (run: Run) => void;
  /** It has waited in vain, and goes back to the queue. */
  handBack: (run: Run) => void;
}

/** Jobs that a worker has taken ahead, under its locks, and that wait here for a slot. */
export class Prefetch {
  private waiting: Run[] = [];
  private readonly begun = new Set<Run>();
  private takes = false;

  constructor(
    /** How many jobs are taken ahead. */
    readonly size: number,
    private readonly slots: () => number,
    private readonly hooks: PrefetchHooks,
  ) {}

  /** What comes from now on may wait here. */
  resume(): void {
    this.takes = true;
  }

  /** What waits goes back, the newest first: each goes to the front of the queue, and the oldest ends up there. */
  pause(): void {
    this.takes = false;
    const left = this.waiting.splice(0).toReversed();
    left.filter((run) => this.isStill(run)).forEach((run) => this.hooks.handBack(run));
  }

  /** Takes jobs that a call has brought, also one that was on its way when the worker stopped: there is room for some at once. */
  take(runs: readonly Run[]): void {
    for (const run of runs) this.waiting.push(run);
    this.fill();
    if (!this.takes) {
      this.pause();
    }
  }

  ended(run: Run): void {
    if (this.begun.delete(run)) {
      this.fill();
    }
  }

  /** Starts as many as there are slots, such as when there are more of them. */
  fill(): void {
    while (this.waiting.length > 0 && this.begun.size < this.slots()) {
      const run = this.waiting.shift() as Run;
      if (this.isStill(run)) {
        this.begun.add(run);
        this.hooks.begin(run);
      }
    }
  }

  private isStill(run: Run): boolean {
    if (run.handedBack) {
      return false;
    }
    if (run.isLost) {
      this.hooks.leave(run);
      return false;
    }
    return true;
  }
}
