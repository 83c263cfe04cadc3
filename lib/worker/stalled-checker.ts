import type { JobRecord } from '../job/job-record.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { ParentCare } from '../store/parent-care.js';
import type { QueueStore } from '../store/queue-store.js';

const FULL_SLICE = 500;

export interface StalledCheckerOptions {
  worker: string;
  lockMs: number;
  intervalMs: number;
  maxStalls: number;
  maxEventBytes: number;
}

export interface StalledCheckerHooks {
  stalled: (jobId: string) => void;
  /** The job stalled too often; this worker holds it now, to fail it. */
  exhausted: (record: JobRecord) => void;
  failed: (error: unknown) => void;
}

/** Looks at an interval for jobs whose lock has expired, and after parents that wait for children. */
export class StalledChecker {
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;
  private care: ParentCare | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly store: () => QueueStore,
    private readonly options: StalledCheckerOptions,
    private readonly hooks: StalledCheckerHooks,
  ) {}

  start(): void {
    if (!this.timer && !this.stopped) {
      this.timer = this.runtime.setRepeating(() => this.look(), this.options.intervalMs);
      this.look();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.looking;
  }

  /** Never two at a time: a slow Redis would only get slower. */
  private look(): void {
    this.looking ??= this.recover()
      .catch((error: unknown) => this.hooks.failed(error))
      .finally(() => {
        this.looking = undefined;
      });
  }

  private async recover(): Promise<void> {
    for (let found = FULL_SLICE; found >= FULL_SLICE && !this.stopped;) {
      const { stalled, exhausted } = await this.store().recoverStalled(this.options);
      stalled.forEach(this.hooks.stalled);
      exhausted.forEach(this.hooks.exhausted);
      found = stalled.length + exhausted.length;
    }
    if (!this.stopped) {
      this.care ??= new ParentCare(this.store());
      // Several workers with one interval: whoever looks first has looked for all.
      await this.care.look(this.options.intervalMs / 2);
    }
  }
}
