import { fromEventPattern, merge, Observable, type OperatorFunction, Subject } from 'rxjs';
import { checkNumber, LONGEST_TIMER_MS } from '../job/check.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import type { JobEvent } from '../job/job-event.js';
import { refuseUnknown } from '../job/known-names.js';
import { type BufferOptions, checkBufferOptions } from './event-buffer.js';
import { type Consumer, holdWhileBusy } from './hold-while-busy.js';

/** A server-sent event in the form that Nest's `@Sse` takes. */
export interface SseMessage {
  id?: string;
  type?: string;
  data?: object;
  retry?: number;
  comment?: string;
}

/** What is needed of an HTTP response to see whether its client keeps up. */
export interface SseResponse {
  readonly writableNeedDrain: boolean;
  addListener(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain', listener: () => void): unknown;
}

export interface SseOptions {
  /** Milliseconds after which a comment is sent when nothing else was, so that no proxy ends a quiet connection. Default 15000, 0 for none. */
  heartbeat?: number;
  /** Milliseconds that the browser waits before it connects again. Default: the browser's own. */
  retry?: number;
  /** The response: while its client does not keep up, events are held in a bounded buffer instead of in memory without end. */
  response?: SseResponse;
  /** With `response`: how many are held, and what becomes of the others. */
  buffer?: BufferOptions;
}

const DEFAULT_HEARTBEAT_MS = 15_000;

/**
 * Operator for Nest's `@Sse`: events as messages, named as the event, with the event as data and its cursor as id, which the
 * browser sends as `Last-Event-ID` when it connects again. Completes with the source, so with the events of an application
 * that shuts down.
 *
 * @throws {InvalidOptionError} for options that cannot be used
 *
 * @example
 * @Sse(':id/events')
 * follow(@Param('id') id: string, @Headers('last-event-id') after?: string) {
 *   return this.events.watch(id, { after }).pipe(toSse({ retry: 2000 }));
 * }
 */
export function toSse(options: SseOptions = {}): OperatorFunction<JobEvent, SseMessage> {
  refuseUnknown('toSse option', options, ['heartbeat', 'retry', 'response', 'buffer']);
  const { heartbeat = DEFAULT_HEARTBEAT_MS, retry, response, buffer = {} } = options;
  checkNumber('heartbeat', heartbeat, 0, LONGEST_TIMER_MS);
  if (retry !== undefined) {
    checkNumber('retry', retry, 0);
  }
  checkBufferOptions(buffer);
  return (source) =>
    new Observable((subscriber) => {
      let lastId: string | undefined;
      let isFirst = true;
      const beat = (): void => subscriber.next({ ...(lastId ? { id: lastId } : {}), comment: 'still here' });
      const timer = heartbeat > 0 ? systemRuntime.setRepeating(beat, heartbeat) : undefined;
      subscriber.add(() => timer?.cancel());
      const client = response && clientOf(response);
      const paced = client ? source.pipe(holdWhileBusy(client, buffer)) : source;
      subscriber.add(
        paced.subscribe({
          next: (event) => {
            client?.took();
            timer?.refresh();
            lastId = singleLine(event.id);
            const type = singleLine(event.event === 'custom' ? event.name : event.event);
            const first = isFirst && retry !== undefined ? { retry } : {};
            isFirst = false;
            subscriber.next({ id: lastId, type, data: event, ...first });
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

/** How many messages go to the response before it is given time to say that it is full. */
const BURST = 64;

/** The client of a response, busy while the response holds more than it should. */
function clientOf(response: SseResponse): Consumer & { took: () => void } {
  const rested = new Subject<void>();
  const drained = fromEventPattern(
    (listener) => response.addListener('drain', listener),
    (listener) => response.removeListener('drain', listener),
  );
  let taken = 0;
  return {
    isBusy: () => response.writableNeedDrain || taken >= BURST,
    ready$: merge(drained, rested),
    took: () => {
      taken += 1;
      if (taken === 1) {
        systemRuntime.setSoon(() => {
          taken = 0;
          rested.next();
        });
      }
    },
  };
}

/** A line break would let an id or a name write lines of its own into the response. */
function singleLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL makes browsers ignore the id
  return text.replace(/[\r\n\0]/g, '');
}
