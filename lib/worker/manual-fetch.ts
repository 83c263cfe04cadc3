import { checkToken } from '../job/check.js';
import type { JobRecord } from '../job/job-record.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Grant } from '../store/commit-call.js';
import type { RunStore } from '../store/run-store.js';

/** Fetches single jobs under tokens that the user names. */
export class ManualFetch {
  private readonly waits = new Set<{ cancel: () => void }>();

  constructor(
    private readonly runtime: Runtime,
    private readonly store: RunStore,
    private readonly grant: Grant,
    private readonly waitMs: number,
    /** Whether jobs are fetched no more, for now or for good. */
    private readonly isStopped: () => boolean,
    /** Jobs wait, and none of them may start: the queue may lack places of a limit that it shares. */
    private readonly foundNone: () => void,
  ) {}

  async fetch(token: string, block: boolean): Promise<JobRecord | undefined> {
    checkToken(token);
    const until = block ? this.runtime.monotonicMs() + this.waitMs : 0;
    while (!this.isStopped()) {
      const { jobs, dueInMs, limitedForMs } = await this.store.fetch({ ...this.grant, worker: token }, 1);
      if (jobs.length === 0 && limitedForMs < 0) {
        this.foundNone();
      }
      const left = until - this.runtime.monotonicMs();
      if (jobs[0] || left <= 0 || this.isStopped()) {
        return jobs[0];
      }
      await this.wait(
        Math.min(left, ...[dueInMs, limitedForMs - 1].filter((ms) => ms >= 0).map((ms) => ms + 1)),
      );
    }
    return undefined;
  }

  /** Ends what waits: whoever does looks whether it is stopped. */
  cancel(): void {
    for (const wait of this.waits) {
      wait.cancel();
    }
  }

  private async wait(ms: number): Promise<void> {
    const wait = this.store.waitForWake(ms);
    this.waits.add(wait);
    await wait.promise;
    this.waits.delete(wait);
  }
}
