import type { DecodedEntry } from './decode-entry.js';
import type { Cursor } from './event-id.js';

/** Compares the number that must come next with the one that comes. */
export class Continuity {
  private constructor(
    private next: number | undefined,
    /** Whether something may be missing although no number says so. */
    private isUnsure: boolean,
  ) {}

  /** For who has seen everything up to that number. */
  static after(number: number): Continuity {
    return new Continuity(number + 1, false);
  }

  /** For who goes on at a place: it is certain only by its number, or where its entry is still there. */
  static at({ entryId, number }: Cursor): Continuity {
    return number === undefined ? new Continuity(undefined, entryId !== '0-0') : Continuity.after(number);
  }

  /** The number that must come next, where it is known. */
  get nextNumber(): number | undefined {
    return this.next;
  }

  /** Whether everything up to that number has been seen, or can never be. */
  isPast(number: number): boolean {
    return this.next === undefined || this.next > number;
  }

  /** The entry in which the last event was: it is there, so nothing is missing before it. */
  resume({ first, count }: DecodedEntry): void {
    this.isUnsure = false;
    this.next = first === undefined ? undefined : first + count;
  }

  /** Takes the next entry. Returns what is missing before it, undefined when nothing is. */
  take({ first, count }: DecodedEntry): { lost?: number } | undefined {
    if (first === undefined) {
      return undefined;
    }
    const expected = this.next ?? (this.isUnsure ? 1 : first);
    const lost = first - expected;
    const isCounted = lost > 0 && !this.isUnsure;
    this.next = first + count;
    this.isUnsure = false;
    return lost === 0 ? undefined : isCounted ? { lost } : {};
  }

  /** At the end of the stream, by the number of the last event that was written: what is missing although nothing follows. */
  takeEnd(eventNumber: number): { lost?: number } | undefined {
    return this.next === undefined && !this.isUnsure
      ? undefined
      : this.take({ first: eventNumber + 1, count: 0, events: [] });
  }
}
