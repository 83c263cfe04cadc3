import { describe, expect, it } from '@jest/globals';
import { EventPlace, type StreamEnd } from '../../lib/events/event-place.js';
import type { StreamEntry } from '../../lib/redis/event-stream-reader.js';

/** An entry with one event, its number, of a stream of events. */
const entry = (id: string, number: number): StreamEntry => [
  id,
  ['#', String(number), 'waiting', `job-${number}\tactive`],
];
const end = (entryId: string, eventNumber: number): StreamEnd => ({ entryId, eventNumber, time: 100 });

const namesOf = (place: EventPlace, ...entries: StreamEntry[]): string[] =>
  place.take(entries).map((event) => (event.event === 'gap' ? `gap ${event.lost ?? '?'}` : event.event));

describe('the place in the events of a queue', () => {
  it('goes on with the next number', () => {
    const place = EventPlace.after(end('5-0', 1));
    expect(namesOf(place, entry('6-0', 2), entry('7-0', 4))).toEqual(['waiting', 'gap 1', 'waiting']);
  });

  it('knows by what somebody else has seen that numbers begin anew', () => {
    const place = EventPlace.after(end('0-0', 0));
    place.learn(end('5-0', 1));
    expect(namesOf(place, entry('6-0', 1), entry('7-0', 2))).toEqual(['gap ?', 'waiting', 'waiting']);
  });

  it('reads what somebody else has seen as what it is', () => {
    const place = EventPlace.after(end('0-0', 0));
    place.learn(end('5-0', 2));
    expect(namesOf(place, entry('4-0', 1), entry('5-0', 2), entry('6-0', 3))).toEqual([
      'waiting',
      'waiting',
      'waiting',
    ]);
  });

  it('is not confused by an end that was looked up earlier', () => {
    const place = EventPlace.after(end('0-0', 0));
    place.learn(end('6-0', 2));
    expect(namesOf(place, entry('5-0', 1))).toEqual(['waiting']);
    expect(place.finish(end('5-0', 1))).toBeUndefined();
    expect(namesOf(place, entry('6-0', 2))).toEqual(['waiting']);
  });

  it('learns nothing of what it is past', () => {
    const place = EventPlace.after(end('5-0', 3));
    place.learn(end('4-0', 2));
    place.learn(end('5-0', 3));
    expect(namesOf(place, entry('6-0', 4))).toEqual(['waiting']);
  });

  it('is past an end that is that of another life', () => {
    const place = EventPlace.after(end('0-0', 0));
    expect(place.mark()(end('0-0', 0))).toBe(false);
    place.learn(end('5-0', 1));
    expect(place.mark()(end('0-0', 0))).toBe(true);
    expect(place.finish({ ...end('0-0', 0), isAnew: true })).toEqual({
      event: 'gap',
      id: expect.any(String),
      timestamp: 100,
    });
    expect(place.mark()(end('0-0', 0))).toBe(false);
  });
});
