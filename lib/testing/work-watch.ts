import type { WorkObserver } from '../runtime/runtime.js';
import { CrashPoints } from './crash-points.js';

/** Knows which runs are at work, and which were lost as if their process had been killed. */
export class WorkWatch implements WorkObserver {
  readonly crashes = new CrashPoints();
  /** Counts what happens, so that one sees whether anything did. */
  signs = 0;
  /** When work was last done, in virtual time. */
  lastAt: number;
  /** Within so many ms timers of upkeep notice what has gone wrong. */
  noticeMs = 0;
  private readonly running = new Map<object, { jobKey: string; isWaiting: boolean }>();
  private readonly lost = new Map<string, number>();

  constructor(private readonly now: () => number) {
    this.lastAt = now();
  }

  began(run: object, jobKey: string): void {
    this.note();
    this.lost.delete(jobKey);
    this.running.set(run, { jobKey, isWaiting: false });
  }

  ended(run: object): void {
    this.note();
    this.running.delete(run);
  }

  dies(jobKey: string, point: string): boolean {
    this.note();
    for (const each of this.running.values()) {
      if (each.jobKey === jobKey) each.isWaiting = false;
    }
    const dies = this.crashes.take(jobKey, point);
    if (dies) {
      this.lost.set(jobKey, this.now());
    }
    return dies;
  }

  noticedWithin(ms: number): void {
    this.noticeMs = Math.max(this.noticeMs, ms);
  }

  note(): void {
    this.signs += 1;
    this.lastAt = this.now();
  }

  get isIdle(): boolean {
    return this.running.size === 0;
  }

  /** Whether a run is at work that is not known to wait for time to go on. */
  get isBusy(): boolean {
    return [...this.running.values()].some(({ isWaiting }) => !isWaiting);
  }

  /** What is at work now is taken to wait for time to go on, until it gives a sign. */
  stopWaiting(): void {
    for (const each of this.running.values()) each.isWaiting = true;
  }

  /** Until when jobs that were lost may be taken back; undefined where there are none. */
  get recoveryUntil(): number | undefined {
    const until = Math.max(...this.lost.values()) + this.noticeMs;
    return this.lost.size > 0 && until >= this.now() ? until : undefined;
  }
}
