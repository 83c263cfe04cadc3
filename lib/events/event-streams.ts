import { defer, filter, type Observable, Subject } from 'rxjs';
import type { JobEvent, JobEventName } from '../job/job-event.js';

/** Events of one name. */
export type EventOf<E extends JobEventName> = Extract<JobEvent, { event: E }>;

/**
 * The events of a queue as Observables: hot, one source for all subscribers, and complete when the `QueueEvents` close.
 * Each event carries its `id`, to go on after. A failed job is an event like any other, never an error of the stream.
 */
export class EventStreams {
  private readonly source = new Subject<JobEvent>();
  /** Everything that happens, in its order. */
  readonly all$: Observable<JobEvent>;

  /**
   * @param start begins to read, called at each subscription
   */
  constructor(start: () => void) {
    this.all$ = defer(() => {
      start();
      return this.source;
    });
  }

  of<E extends JobEventName>(name: E): Observable<EventOf<E>> {
    return this.all$.pipe(filter((event): event is EventOf<E> => event.event === name));
  }

  next(event: JobEvent): void {
    this.source.next(event);
  }

  complete(): void {
    this.source.complete();
  }
}
