import { Observable, type OperatorFunction } from 'rxjs';
import type { DroppedEvent, JobEvent } from '../job/job-event.js';
import { type BufferOptions, checkBufferOptions, EventBuffer } from './event-buffer.js';

/** Somebody who cannot always take events. */
export interface Consumer {
  /** Asked before each event. */
  isBusy(): boolean;
  /** Emits when it may be worth asking again. */
  ready$: Observable<unknown>;
}

/**
 * Operator for a consumer that cannot always take events, such as a slow connection: while it is busy they are held, so
 * many and no more; what the buffer leaves out shows as a `dropped` event in its place. RxJS hands values over at once and
 * asks nobody, so the consumer has to say when it is busy. When the stream ends, what is held goes out first.
 *
 * For a consumer that is an async function, see `iterateEvents`.
 *
 * @throws {InvalidOptionError} for options that cannot be used
 *
 * @example
 * const consumer = { isBusy: () => socket.writableNeedDrain, ready$: fromEvent(socket, 'drain') };
 * events.all$.pipe(holdWhileBusy(consumer, { limit: 200, overflow: 'latest-per-job' })).subscribe(send);
 */
export function holdWhileBusy<T extends JobEvent>(
  consumer: Consumer,
  options: BufferOptions = {},
): OperatorFunction<T, T | DroppedEvent> {
  checkBufferOptions(options);
  return (source) =>
    new Observable((subscriber) => {
      const buffer = new EventBuffer<T>(options);
      let isFlushing = false;
      let isOver = false;
      // A value that is handed over may make the consumer busy, or bring the next one.
      const flush = (): void => {
        if (!isFlushing) {
          isFlushing = true;
          while (!subscriber.closed && (isOver || !consumer.isBusy())) {
            const event = buffer.shift();
            if (!event) {
              break;
            }
            subscriber.next(event);
          }
          isFlushing = false;
        }
      };
      const fail = (error: unknown): void => subscriber.error(error);
      subscriber.add(() => buffer.clear());
      subscriber.add(consumer.ready$.subscribe({ next: flush, error: fail }));
      subscriber.add(
        source.subscribe({
          next: (event) => {
            try {
              buffer.push(event);
            } catch (error) {
              fail(error);
            }
            flush();
          },
          error: fail,
          complete: () => {
            isOver = true;
            flush();
            subscriber.complete();
          },
        }),
      );
    });
}
