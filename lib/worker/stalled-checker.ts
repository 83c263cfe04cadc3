import type { JobRecord } from '../job/job-record.js';
import type { Silence } from '../job/silence.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import { ParentCare } from '../store/parent-care.js';
import type { QueueStore } from '../store/queue-store.js';

const FULL_SLICE = 500;

export interface StalledCheckerOptions {
  worker: string;
  lockMs: number;
  intervalMs: number;
  maxStalls: number;
  maxEventBytes: number;
  silence: Silence;
}

export interface StalledCheckerHooks {
  stalled: (jobId: string) => void;
  /** The job stalled too often; this worker holds it now, to fail it. */
  exhausted: (record: JobRecord, sentAt: number) => void;
  /** Schedulers whose next slots nobody has planned. */
  unplanned: (ids: readonly string[]) => void;
  /** Calls a look for jobs that stalled; returns the ids that it found. */
  looks: (look: () => Promise<string[]>) => Promise<string[]>;
  failed: (error: unknown) => void;
}

/**
 * Looks at an interval for jobs whose lock has expired, and after parents that wait for children. In between it lets Redis
 * hear that somebody is there: only then can a script distinguish dead holders from a Redis that nobody could reach.
 */
export class StalledChecker extends Service {
  private timer: Timer | undefined;
  private calling: Promise<void> | undefined;
  private lookAt = 0;
  private care: ParentCare | undefined;

  constructor(
    runtime: Runtime,
    private readonly store: QueueStore,
    private readonly options: StalledCheckerOptions,
    private readonly hooks: StalledCheckerHooks,
  ) {
    super(runtime);
  }

  protected override onStart(): void {
    const { intervalMs, lockMs, silence } = this.options;
    this.runtime.observer?.noticedWithin(lockMs + intervalMs + silence.graceMs);
    this.wake();
  }

  protected onStop(): Promise<void> | undefined {
    this.timer?.cancel();
    return this.calling;
  }

  /** Never two calls at a time: a slow Redis would only get slower. */
  private readonly wake = (): void => {
    const now = this.runtime.monotonicMs();
    const looks = now >= this.lookAt;
    if (looks) {
      this.lookAt = now + this.options.intervalMs;
    }
    this.calling = (looks ? this.look() : this.store.runs.showAlive(this.options.silence))
      .catch((error: unknown) => this.hooks.failed(error))
      .finally(() => this.schedule());
  };

  private schedule(): void {
    if (!this.isStopped) {
      const heardAgainMs = this.options.silence.silenceMs / 2;
      this.timer = this.runtime.setTimer(
        this.wake,
        Math.max(Math.min(this.lookAt - this.runtime.monotonicMs(), heardAgainMs), 0),
        { upkeep: true },
      );
    }
  }

  private async look(): Promise<void> {
    for (let found = FULL_SLICE; found >= FULL_SLICE && !this.isStopped;) {
      found = (await this.hooks.looks(() => this.takeBack())).length;
    }
    if (!this.isStopped) {
      this.care ??= new ParentCare(this.store);
      // Several workers with one interval: whoever looks first has looked for all.
      await this.care.look(this.options.intervalMs / 2);
    }
  }

  private async takeBack(): Promise<string[]> {
    const { stalled, exhausted, unplanned, graceMs, sentAt } = await this.store.runs.recoverStalled(
      this.options,
    );
    stalled.forEach(this.hooks.stalled);
    exhausted.forEach((record) => this.hooks.exhausted(record, sentAt));
    this.hooks.unplanned(unplanned);
    if (graceMs > 0) {
      this.lookAt = Math.min(this.lookAt, this.runtime.monotonicMs() + graceMs);
    }
    return [...stalled, ...exhausted.map(({ id }) => id)];
  }
}
