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

export function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}

const LARGEST_PART = 2n ** 64n - 1n;

/** The id to go on after so that an event comes again. */
export function idBefore(id: string): string {
  const [ms = '0', seq = '0', number = '0'] = id.split('-');
  if (Number(number) > 0) {
    return eventId(`${ms}-${seq}`, Number(number) - 1);
  }
  // An entry without numbers begins with 0: after the last possible entry before it.
  return BigInt(seq) > 0n ? `${ms}-${BigInt(seq) - 1n}` : `${BigInt(ms) - 1n}-${LARGEST_PART}`;
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

const LONGEST_ID = 64;
const isPart = (text: string): boolean => BigInt(text) <= LARGEST_PART;

/** Reads the id of an event, of an entry, a time in ms, or `0` for the oldest event kept. */
export function readCursor(option: string, id: string): Cursor {
  const isId = typeof id === 'string' && id.length <= LONGEST_ID && /^\d+(?:-\d+){0,2}$/.test(id);
  const [ms, seq, number] = isId ? id.split('-') : [];
  if (ms === undefined || ![ms, seq ?? '0', number ?? '0'].every(isPart)) {
    throw new InvalidOptionError(option, id, 'Use the id of an event, or 0 for the oldest one.');
  }
  return Number(ms) === 0
    ? START
    : { entryId: `${ms}-${seq ?? 0}`, number: number === undefined ? undefined : Number(number) };
}
