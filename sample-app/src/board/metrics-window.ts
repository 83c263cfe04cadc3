import type { JobEvent } from 'stepwell';
import type { Tick } from './board-message.js';

const MAX_WAITING = 20_000;

/** Counts what happens until it is asked, and how long jobs waited for a worker. */
export class MetricsWindow {
  private completed = 0;
  private failed = 0;
  private waits: number[] = [];
  /** When each job began to wait. */
  private readonly waiting = new Map<string, number>();

  add(queue: string, event: JobEvent): void {
    if (event.event === 'waiting') this.startWaiting(`${queue} ${event.jobId}`, event.timestamp);
    else if (event.event === 'active') this.endWaiting(`${queue} ${event.jobId}`, event.timestamp);
    else if (event.event === 'completed') this.completed += 1;
    else if (event.event === 'failed') this.failed += 1;
  }

  /** What came since the last time. */
  take(): Pick<Tick, 'completed' | 'failed' | 'waitMs'> {
    const { completed, failed } = this;
    const waits = this.waits.toSorted((a, b) => a - b);
    this.completed = 0;
    this.failed = 0;
    this.waits = [];
    const at = (share: number): number => waits[Math.ceil(waits.length * share) - 1] ?? 0;
    return { completed, failed, ...(waits.length > 0 ? { waitMs: { p50: at(0.5), p95: at(0.95) } } : {}) };
  }

  private startWaiting(job: string, at: number): void {
    this.waiting.set(job, at);
    const [oldest] = this.waiting.keys();
    if (this.waiting.size > MAX_WAITING && oldest !== undefined) this.waiting.delete(oldest);
  }

  private endWaiting(job: string, at: number): void {
    const since = this.waiting.get(job);
    if (since === undefined) return;
    this.waiting.delete(job);
    this.waits.push(at - since);
  }
}
