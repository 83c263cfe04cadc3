import type { Observable, Subscription } from 'rxjs';
import type { DroppedEvent, JobEvent } from '../job/job-event.js';
import { type BufferOptions, EventBuffer } from './event-buffer.js';

type Result<T> = IteratorResult<T | DroppedEvent, undefined>;

/**
 * Events one at a time, for a consumer that takes its time with each: the next one is handed over when the loop asks for
 * it. Meanwhile so many are held and no more; what is left out shows as a `dropped` event in its place. Subscribes when
 * the loop begins, unsubscribes when it is left.
 *
 * @throws {InvalidOptionError} for options that cannot be used; the loop throws what the stream ends with
 *
 * @example
 * for await (const event of iterateEvents(events.all$, { limit: 500, overflow: 'latest-per-job' })) {
 *   await save(event);
 * }
 */
export function iterateEvents<T extends JobEvent>(
  source: Observable<T>,
  options: BufferOptions = {},
): AsyncIterableIterator<T | DroppedEvent, undefined> {
  return new EventIterator(source, new EventBuffer<T>(options));
}

class EventIterator<T extends JobEvent> implements AsyncIterableIterator<T | DroppedEvent, undefined> {
  private subscription: Subscription | undefined;
  private asking: { resolve: (result: Result<T>) => void; reject: (error: unknown) => void }[] = [];
  private isOver = false;
  private failure: { error: unknown } | undefined;

  constructor(
    private readonly source: Observable<T>,
    private readonly buffer: EventBuffer<T>,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<T>> {
    return new Promise((resolve, reject) => {
      this.asking.push({ resolve, reject });
      if (!this.isOver && !this.subscription)
        this.subscription = this.source.subscribe({
          next: (event) => this.take(event),
          error: (error: unknown) => this.end({ error }),
          complete: () => this.end(),
        });
      this.settle();
    });
  }

  async return(): Promise<Result<T>> {
    this.buffer.clear();
    this.end();
    return { done: true, value: undefined };
  }

  private take(event: T): void {
    try {
      this.buffer.push(event);
    } catch (error) {
      this.end({ error });
    }
    this.settle();
  }

  private end(failure?: { error: unknown }): void {
    this.failure ??= failure;
    this.isOver = true;
    this.subscription?.unsubscribe();
    this.settle();
  }

  private settle(): void {
    while (this.asking[0] && (this.isOver || !this.buffer.isEmpty)) {
      const value = this.buffer.shift();
      const { resolve, reject } = this.asking.shift() as (typeof this.asking)[number];
      if (value) {
        resolve({ done: false, value });
      } else if (this.failure) {
        reject(this.failure.error);
        this.failure = undefined;
      } else {
        resolve({ done: true, value: undefined });
      }
    }
  }
}
