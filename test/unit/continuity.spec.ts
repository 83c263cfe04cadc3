import { describe, expect, it } from '@jest/globals';
import { Continuity } from '../../lib/events/continuity.js';

const entry = (first: number | undefined, count = 2) => ({ first, count, events: [] });

describe('numbers of events', () => {
  it('that follow each other leave no gap', () => {
    const numbers = Continuity.after(4);
    expect([numbers.take(entry(5)), numbers.take(entry(7, 1)), numbers.take(entry(8))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(numbers.takeEnd(9)).toBeUndefined();
  });

  it('say how many are missing, at the start, within and at the end', () => {
    const numbers = Continuity.after(4);
    expect(numbers.take(entry(6))).toEqual({ lost: 1 });
    expect(numbers.take(entry(18))).toEqual({ lost: 10 });
    expect(numbers.takeEnd(20)).toEqual({ lost: 1 });
  });

  it('that began again say that something is missing, not how much', () => {
    const numbers = Continuity.after(40);
    expect(numbers.take(entry(1))).toEqual({});
    expect(numbers.take(entry(3))).toBeUndefined();
    expect(Continuity.after(40).takeEnd(39)).toEqual({});
  });

  it('that nobody gave say nothing', () => {
    const numbers = Continuity.after(4);
    expect([numbers.take(entry(undefined)), numbers.take(entry(5))]).toEqual([undefined, undefined]);
  });

  it('after an entry without a number are certain only where it is there, or nothing was ever cut', () => {
    const cursor = { entryId: '7-0', number: undefined };
    expect(Continuity.at(cursor).take(entry(9))).toEqual({});
    expect(Continuity.at(cursor).take(entry(1))).toBeUndefined();
    expect(Continuity.at(cursor).takeEnd(12)).toEqual({});
    expect(Continuity.at(cursor).takeEnd(0)).toBeUndefined();
    const present = Continuity.at(cursor);
    present.resume(entry(9));
    expect([present.take(entry(11)), present.take(entry(14))]).toEqual([undefined, { lost: 1 }]);
  });

  it('from the oldest event kept begin where they begin', () => {
    const numbers = Continuity.at({ entryId: '0-0', number: undefined });
    expect([numbers.take(entry(9)), numbers.take(entry(12))]).toEqual([undefined, { lost: 1 }]);
  });
});
