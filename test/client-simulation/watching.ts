import type { WatchEvent } from '../../lib/events/job-watch.js';
import { type EventLog, numberOf } from './event-log.js';

const ENDS = new Set<string>(['completed', 'failed', 'removed']);
const OVER = new Set<string>(['completed', 'failed', 'unknown']);

/** A watched job: what its watcher has been told, and what it should have been. */
export class Watching {
  /** Whether its events were closed, which ends it before the job does. */
  isLeft = false;
  private readonly told: number[] = [];
  private from: number | undefined;
  private isOver = false;

  constructor(
    readonly jobId: string,
    readonly process: string,
    private readonly log: EventLog,
    private readonly blame: (fault: string) => void,
  ) {}

  next(event: WatchEvent): void {
    const number = numberOf(event.id);
    if (this.isOver) this.blame(`a watch of ${this.jobId} goes on after its end with ${event.event}`);
    if (event.event === 'snapshot') {
      this.check(number);
      this.from = number;
      this.told.length = 0;
      this.isOver = OVER.has(event.state);
    } else if (event.event === 'gap' || event.event === 'dropped') {
      this.from = undefined;
    } else {
      if (number <= Math.max(this.from ?? -1, ...this.told)) {
        this.blame(`a watch of ${this.jobId} was told of event ${number} twice`);
      }
      this.told.push(number);
      this.isOver = ENDS.has(event.event);
      if (this.isOver) this.check(number);
    }
  }

  complete(): void {
    if (!this.isOver && !this.isLeft) this.blame(`a watch of ${this.jobId} ended before its job`);
  }

  /** Whatever the process has read of the job since the snapshot has been told. */
  private check(before: number): void {
    if (this.from === undefined) return;
    const id = this.jobId.slice(this.jobId.indexOf(':') + 1);
    const missed = this.log.between(id, this.from, before).filter((number) => !this.told.includes(number));
    if (missed.length > 0) this.blame(`a watch of ${this.jobId} was not told of the events ${missed.join()}`);
  }
}
