import { defer, filter, type Observable, Subject, type Subscription } from 'rxjs';
import type { CustomEvent, EventOf, JobEvent, JobEventName } from '../job/job-event.js';

interface JobListener {
  next: (event: JobEvent) => void;
  closed: () => void;
}

/**
 * The events of a queue as Observables: hot, one source for all subscribers, and complete when the `QueueEvents` close.
 * Each event carries its `id`, to go on after. A failed job is an event like any other, never an error of the stream.
 */
export class EventStreams {
  private readonly source = new Subject<JobEvent>();
  private readonly byJob = new Map<string, Set<JobListener>>();
  private isComplete = false;
  /** Everything that happens, in its order. */
  readonly all$: Observable<JobEvent>;
  readonly custom$: Observable<CustomEvent>;

  /**
   * @param start begins to read, called at each subscription
   */
  constructor(start: () => void) {
    this.all$ = defer(() => {
      start();
      return this.source;
    });
    this.custom$ = this.of('custom');
  }

  of<E extends JobEventName>(name: E): Observable<EventOf<E>> {
    return this.all$.pipe(filter((event): event is EventOf<E> => event.event === name));
  }

  customOf<F>(name: string): Observable<CustomEvent<F>> {
    return this.custom$.pipe(filter((event): event is CustomEvent<any> => event.name === name));
  }

  /** Events of one job, and gaps: however many listen, an event costs those of its job. */
  listen(jobId: string, listener: JobListener): () => void {
    if (this.isComplete) {
      listener.closed();
      return () => {};
    }
    const listeners = this.byJob.get(jobId) ?? new Set();
    this.byJob.set(jobId, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        this.byJob.delete(jobId);
      }
    };
  }

  /** Calls when these events are closed, at once where they are. */
  whenComplete(complete: () => void): Subscription {
    return this.source.subscribe({ complete });
  }

  next(event: JobEvent): void {
    if ('jobId' in event && event.jobId !== undefined) {
      const listeners = this.byJob.get(event.jobId);
      if (listeners) {
        [...listeners].forEach((listener) => listener.next(event));
      }
    } else if (event.event === 'gap') {
      this.everyone().forEach((listener) => listener.next(event));
    }
    this.source.next(event);
  }

  complete(): void {
    this.isComplete = true;
    this.everyone().forEach((listener) => listener.closed());
    this.source.complete();
  }

  private everyone(): JobListener[] {
    return [...this.byJob.values()].flatMap((listeners) => [...listeners]);
  }
}
