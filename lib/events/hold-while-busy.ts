import { Observable, type OperatorFunction } from 'rxjs';
import type { DroppedEvent, JobEvent } from '../job/job-event.js';
import { type BufferOptions, checkBufferOptions, EventBuffer } from './event-buffer.js';

/**
 * Operator for a consumer that cannot always take events, such as a slow connection: while it is busy they are held, so
 * many and no more; what the buffer leaves out shows as a `dropped` event in its place. RxJS hands values over at once and
 * asks nobody, so the consumer has to say when it is busy. When the stream ends, what is held goes out first.
 *
 * @param busy$ true: hold; false: hand over. Not busy until it says so.
 * @throws {InvalidOptionError} for options that cannot be used
 *
 * @example
 * events.all$.pipe(holdWhileBusy(socketIsFull$, { limit: 200, overflow: 'latest-per-job' })).subscribe(send);
 */
export function holdWhileBusy<T extends JobEvent>(
  busy$: Observable<boolean>,
  options: BufferOptions = {},
): OperatorFunction<T, T | DroppedEvent> {
  checkBufferOptions(options);
  return (source) =>
    new Observable((subscriber) => {
      const buffer = new EventBuffer<T>(options);
      let isBusy = false;
      let isFlushing = false;
      const flush = (): void => {
        if (isFlushing) {
          return;
        }
        isFlushing = true;
        // A value that is handed over may make the consumer busy again.
        for (let event = next(); event; event = next()) {
          subscriber.next(event);
        }
        isFlushing = false;
      };
      const next = (): T | DroppedEvent | undefined =>
        isBusy || subscriber.closed ? undefined : buffer.shift();
      subscriber.add(() => buffer.clear());
      subscriber.add(
        busy$.subscribe({
          next: (busy) => {
            isBusy = busy;
            flush();
          },
          error: (error: unknown) => subscriber.error(error),
        }),
      );
      subscriber.add(
        source.subscribe({
          next: (event) => {
            try {
              buffer.push(event);
            } catch (error) {
              subscriber.error(error);
            }
            flush();
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            isBusy = false;
            flush();
            subscriber.complete();
          },
        }),
      );
    });
}
