import type { JobEvent } from '../../lib/engine.js';
import { GroupOrder } from './group-order.js';

/** Where it is noted what was read, and what was wrong with it. */
interface Notes {
  readonly faults: string[];
  count(what: string): void;
}

/** What one process has read of a queue's events: each number once and in its order, but for gaps that count what is missing. */
export class EventLog {
  /** Number of the last event. */
  last: number | undefined;
  lastId: string | undefined;
  /** Numbers of the events of each job. */
  private readonly byJob = new Map<string, number[]>();
  private readonly order: GroupOrder;

  constructor(
    private readonly owner: string,
    private readonly notes: Notes,
    moved: ReadonlySet<string>,
  ) {
    this.order = new GroupOrder(moved);
  }

  take(event: JobEvent): void {
    const number = numberOf(event.id);
    const known = this.last;
    const passed = this.order.take(event);
    if (passed !== undefined) this.blame(passed);
    this.last = number;
    this.lastId = event.id;
    if (event.event === 'gap') {
      this.notes.count('gap');
      if (known !== undefined && event.lost !== number - known) {
        this.blame(`was told of ${event.lost} lost events and lost ${number - known}, up to ${number}`);
      }
      return;
    }
    if (known !== undefined && number !== known + 1) {
      this.blame(`read event ${number} after ${known}, and no gap said so`);
    }
    if ('jobId' in event && event.jobId !== undefined) {
      this.byJob.set(event.jobId, [...(this.byJob.get(event.jobId) ?? []), number]);
    }
  }

  /** Numbers of a job's events between two others. */
  between(jobId: string, after: number, before: number): number[] {
    return (this.byJob.get(jobId) ?? []).filter((number) => number > after && number < before);
  }

  private blame(what: string): void {
    this.notes.faults.push(`${this.owner} ${what}`);
  }
}

export function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}
