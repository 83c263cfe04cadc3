import { Observable } from 'rxjs';
import { QueueEvents, type JobEvent, type Queue } from 'stepwell';

export type QueueEvent = { queue: string; event: JobEvent };

/** The events of a queue after a cursor, also those of long ago. All readers of a process share one connection. */
export function readEvents(queue: Queue, after: string): Observable<QueueEvent> {
  return new Observable((subscriber) => {
    const { connection, prefix } = queue.opts;
    const events = new QueueEvents(queue.name, {
      ...(connection === undefined ? {} : { connection }),
      ...(prefix === undefined ? {} : { prefix }),
      lastEventId: after,
      autorun: false,
    });
    events.on('error', () => {}); // The queue tells of outages; reading goes on by itself.
    events.all$.subscribe({
      next: (event) => subscriber.next({ queue: queue.name, event }),
      complete: () => subscriber.complete(),
    });
    return () => void events.close();
  });
}
