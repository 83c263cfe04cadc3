import { describe, expect, it } from '@jest/globals';
import { BehaviorSubject, from, Subject } from 'rxjs';
import {
  type BufferOptions,
  EventOverflowError,
  holdWhileBusy,
  InvalidOptionError,
  iterateEvents,
  type JobEvent,
} from '../../lib/engine.js';
import { EventBuffer } from '../../lib/events/event-buffer.js';

function progress(number: number, jobId = String(number)): JobEvent {
  return { event: 'progress', jobId, data: number, id: `170-0-${number}`, timestamp: 170 };
}

const shown = (event: JobEvent | undefined): unknown =>
  event?.event === 'dropped'
    ? `${event.count} dropped after ${event.id}`
    : event?.event === 'progress'
      ? event.data
      : event?.event;

const consumerOf = (busy: BehaviorSubject<boolean>) => ({ isBusy: () => busy.value, ready$: busy });

function drain(buffer: EventBuffer<JobEvent>): unknown[] {
  const all: unknown[] = [];
  for (let event = buffer.shift(); event; event = buffer.shift()) all.push(shown(event));
  return all;
}

function filled(options: BufferOptions, events: JobEvent[]): EventBuffer<JobEvent> {
  const buffer = new EventBuffer<JobEvent>(options);
  events.forEach((event) => buffer.push(event));
  return buffer;
}

describe('a buffer of events', () => {
  it('leaves out the oldest ones, and says so in their place', () => {
    const buffer = filled(
      { limit: 3 },
      [1, 2, 3, 4, 5].map((n) => progress(n)),
    );
    expect(shown(buffer.shift())).toBe('2 dropped after 170-0-0');
    expect(shown(buffer.shift())).toBe(3);
    [6, 7, 8].forEach((n) => buffer.push(progress(n)));
    expect(drain(buffer)).toEqual(['2 dropped after 170-0-3', 6, 7, 8]);
    buffer.push(progress(9));
    expect(drain(buffer)).toEqual([9]);
  });

  it('keeps the last word of each job once it is full, with what belongs to no job by its kind', () => {
    const events = [progress(1, 'a'), progress(2, 'b'), progress(3, 'a'), progress(4, 'a'), progress(5, 'c')];
    const paused: JobEvent = { event: 'paused', id: '170-0-6', timestamp: 170 };
    const buffer = filled({ limit: 4, overflow: 'latest-per-job' }, [...events, paused, paused]);
    expect(drain(buffer)).toEqual(['3 dropped after 170-0-0', 2, 4, 5, 'paused']);
    // Below the limit it keeps everything again.
    events.slice(0, 3).forEach((event) => buffer.push(event));
    expect(drain(buffer)).toEqual([1, 2, 3]);
  });

  it('holds no more than its limit where every job has one event', () => {
    const buffer = filled(
      { limit: 3, overflow: 'latest-per-job' },
      [1, 2, 3, 4, 5].map((n) => progress(n)),
    );
    expect(drain(buffer)).toEqual(['2 dropped after 170-0-0', 3, 4, 5]);
  });

  it.each([
    ['170-3-8', '170-3-7'],
    ['170-3-0', '170-2'],
    ['170-0-0', '169-18446744073709551615'],
  ])('has a place to resume at where nothing was handed over before %s', (first, before) => {
    const events = [first, '170-4-1', '170-4-2'].map((id) => ({ ...progress(1), id }));
    expect(filled({ limit: 2 }, events).shift()).toMatchObject({ event: 'dropped', id: before });
  });

  it('begins a watch anew that lost its snapshot', () => {
    const snapshot: JobEvent = {
      event: 'snapshot',
      id: '170-0-5',
      timestamp: 170,
      jobId: '1',
      state: 'active',
    };
    const buffer = filled({ limit: 1 }, [snapshot, progress(6)]);
    expect(buffer.shift()).toMatchObject({ event: 'dropped', id: '0' });
  });

  it('fails where it should', () => {
    const events = [1, 2, 3].map((n) => progress(n));
    expect(() => filled({ limit: 2, overflow: 'error' }, events)).toThrow(EventOverflowError);
  });

  it('refuses what is no option', () => {
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { overflow: 'x' as 'error' }]) {
      expect(() => new EventBuffer(options)).toThrow(InvalidOptionError);
      expect(() => holdWhileBusy(consumerOf(new BehaviorSubject(false)), options)).toThrow(
        InvalidOptionError,
      );
      expect(() => iterateEvents(new Subject<JobEvent>(), options)).toThrow(InvalidOptionError);
    }
  });
});

describe('holding while busy', () => {
  function scene(options: BufferOptions) {
    const source = new Subject<JobEvent>();
    const busy = new BehaviorSubject(false);
    const told: unknown[] = [];
    const subscription = source.pipe(holdWhileBusy(consumerOf(busy), options)).subscribe({
      next: (event) => told.push(shown(event)),
      error: (error: Error) => told.push(error.name),
      complete: () => told.push('complete'),
    });
    return { source, busy, told, subscription };
  }

  it('hands over at once while nobody is busy, and what was held afterwards', () => {
    const { source, busy, told } = scene({ limit: 2 });
    source.next(progress(1));
    busy.next(true);
    [2, 3, 4].forEach((n) => source.next(progress(n)));
    expect(told).toEqual([1]);
    busy.next(false);
    expect(told).toEqual([1, '1 dropped after 170-0-1', 3, 4]);
    source.next(progress(5));
    expect(told.at(-1)).toBe(5);
  });

  it('stops in the midst of what was held when the consumer is busy again', () => {
    const source = new Subject<JobEvent>();
    const busy = new BehaviorSubject(false);
    const told: unknown[] = [];
    source.pipe(holdWhileBusy(consumerOf(busy))).subscribe((event) => {
      told.push(shown(event));
      busy.next(true);
    });
    [1, 2, 3].forEach((n) => source.next(progress(n)));
    expect(told).toEqual([1]);
    busy.next(false);
    expect(told).toEqual([1, 2]);
  });

  it('hands over what is held when the stream ends, and ends with an error where that is the policy', () => {
    const ended = scene({});
    ended.busy.next(true);
    ended.source.next(progress(1));
    ended.source.complete();
    expect(ended.told).toEqual([1, 'complete']);
    const failed = scene({ limit: 1, overflow: 'error' });
    failed.busy.next(true);
    [1, 2].forEach((n) => failed.source.next(progress(n)));
    expect(failed.told).toEqual(['EventOverflowError']);
    expect([failed.source.observed, failed.busy.observed]).toEqual([false, false]);
  });

  it('leaves nothing behind', () => {
    const { source, busy, subscription } = scene({});
    subscription.unsubscribe();
    expect([source.observed, busy.observed]).toEqual([false, false]);
  });
});

describe('iterating over events', () => {
  it('hands over one at a time, and ends with the stream', async () => {
    const told: unknown[] = [];
    for await (const event of iterateEvents(from([1, 2, 3].map((n) => progress(n))))) told.push(shown(event));
    expect(told).toEqual([1, 2, 3]);
  });

  it('holds so many while the loop is at work', async () => {
    const source = new Subject<JobEvent>();
    const told: unknown[] = [];
    const loop = (async () => {
      for await (const event of iterateEvents(source, { limit: 2 })) {
        told.push(shown(event));
        if (told.length === 1) [2, 3, 4, 5].forEach((n) => source.next(progress(n)));
        if (told.length === 4) break;
      }
    })();
    source.next(progress(1));
    await loop;
    expect(told).toEqual([1, '2 dropped after 170-0-1', 4, 5]);
    expect(source.observed).toBe(false);
  });

  it('throws what the stream ends with, after what came before', async () => {
    const source = new Subject<JobEvent>();
    const iterator = iterateEvents(source, { limit: 1, overflow: 'error' });
    const first = iterator.next();
    [1, 2, 3].forEach((n) => source.next(progress(n)));
    expect(await first).toMatchObject({ done: false, value: { data: 1 } });
    expect(await iterator.next()).toMatchObject({ value: { data: 2 } });
    await expect(iterator.next()).rejects.toThrow(EventOverflowError);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('subscribes to nothing once it was left', async () => {
    const source = new Subject<JobEvent>();
    const iterator = iterateEvents(source);
    await iterator.return!();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(source.observed).toBe(false);
  });
});
