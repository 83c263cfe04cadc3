import { InvalidOptionError } from '../job/errors.js';

/** A place in the events: after that entry's events up to a number. */
export interface Cursor {
  entryId: string;
  /** Number of the last event that was seen; undefined where only the entry is known. */
  number: number | undefined;
}

const START: Cursor = { entryId: '0-0', number: undefined };

export function eventId(entryId: string, number: number): string {
  return `${entryId}-${number}`;
}

/** Orders ids of events, and of entries: by time, then by entry, then by number. */
export function compareEventIds(a: string, b: string): number {
  const one = a.split('-');
  const other = b.split('-');
  for (let i = 0; i < 3; i += 1) {
    const difference = Number(one[i] ?? 0) - Number(other[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** Reads the id of an event, of an entry, a time in ms, or `0` for the oldest event kept. */
export function readCursor(option: string, id: string): Cursor {
  const [ms, seq, number] = /^\d+(?:-\d+){0,2}$/.test(id) ? id.split('-') : [];
  if (ms === undefined) {
    throw new InvalidOptionError(option, id, 'Use the id of an event, or 0 for the oldest one.');
  }
  return Number(ms) === 0
    ? START
    : { entryId: `${ms}-${seq ?? 0}`, number: number === undefined ? undefined : Number(number) };
}
