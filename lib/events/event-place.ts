import type { Codec } from '../job/codec.js';
import type { GapEvent, JobEvent } from '../job/job-event.js';
import { compareIds, type StreamEntry } from '../redis/event-stream-reader.js';
import type { JobLook } from '../store/inspect-store.js';
import { Continuity } from './continuity.js';
import { readSharedEntry } from './decode-entry.js';
import { type Cursor, eventId, numberOf } from './event-id.js';

/** How far the events of a queue are, as a look at them said. */
export type StreamEnd = Pick<JobLook, 'entryId' | 'eventNumber' | 'time'> & {
  /** Whether the events are known to have been further before this look: they have begun anew. */
  isAnew?: boolean;
};

/**
 * How far somebody has come in a queue's events: which entries were read, and which number comes next. Turns entries into
 * events, each once, with a `gap` where some are missing.
 */
export class EventPlace {
  private constructor(
    private readonly codec: Codec | undefined,
    private entry: string,
    private continuity: Continuity,
    /** Events up to this number of the entry at this place were seen; undefined when all of it was. */
    private seen: number | undefined,
    /** How far the events are known to have been, where that is further than this place. */
    private known: StreamEnd | undefined = undefined,
  ) {}

  /** Everything until now has been seen. */
  static after({ entryId, eventNumber }: StreamEnd, codec?: Codec): EventPlace {
    return new EventPlace(codec, entryId, Continuity.after(eventNumber), undefined);
  }

  static at(cursor: Cursor, codec?: Codec): EventPlace {
    const { entryId, number } = cursor;
    const seen = entryId === '0-0' ? undefined : (number ?? Infinity);
    return new EventPlace(codec, entryId, Continuity.at(cursor), seen);
  }

  /** Id of the last entry that was read. */
  get entryId(): string {
    return this.entry;
  }

  /** Where the range of what was not seen begins, in Redis' words. */
  get rangeStart(): string {
    return this.seen === undefined ? `(${this.entry}` : this.entry;
  }

  /** Number of the event that comes next, where it is known. */
  get nextNumber(): number | undefined {
    return this.continuity.nextNumber;
  }

  /** Whether everything up to that number has been seen, or can never be. */
  isPast(number: number): boolean {
    return this.continuity.isPast(number);
  }

  /** Takes note of how far the events were, as somebody else has seen: what comes behind that has to go on from there. */
  learn(end: StreamEnd): void {
    if (!this.continuity.isPast(end.eventNumber) && compareIds(end.entryId, this.entry) > 0) {
      this.known = end;
    }
  }

  /** Says of an end that is looked up from now on whether it is that of another life of the stream: events were further. */
  mark(): (end: StreamEnd) => boolean {
    const { entry, nextNumber = 0, known } = this;
    return (end) =>
      compareIds(entry, end.entryId) > 0 ||
      nextNumber > end.eventNumber + 1 ||
      (known?.eventNumber ?? 0) > end.eventNumber;
  }

  /** What entries say that was not seen before. */
  take(entries: readonly StreamEntry[]): JobEvent[] {
    const events: JobEvent[] = [];
    for (const [entryId, fields] of entries) {
      const order = compareIds(entryId, this.entry);
      const { seen } = this;
      if (order < 0 || (order === 0 && seen === undefined)) {
        continue;
      }
      const entry = readSharedEntry(entryId, fields, this.codec);
      this.entry = entryId;
      this.seen = undefined;
      if (order === 0) {
        this.continuity.resume(entry);
        events.push(...entry.events.filter(({ id }) => numberOf(id) > (seen as number)));
      } else {
        const lost = this.continuity.take(entry);
        const missing = this.beginsAnew(entryId, entry.first) ? {} : lost;
        if (missing) {
          events.push(gapBefore(entryId, entry.first as number, missing));
        }
        for (const event of entry.events) {
          events.push(event);
        }
      }
    }
    return events;
  }

  /** Whether an entry has a number that was given before, to another one. */
  private beginsAnew(entryId: string, first: number | undefined): boolean {
    const { known } = this;
    if (!known || first === undefined || compareIds(entryId, known.entryId) <= 0) {
      return false;
    }
    this.known = undefined;
    return first <= known.eventNumber;
  }

  /**
   * Everything up to that end has been read. Returns what is missing although nothing follows. An end that lies before this
   * place is that of another life of the stream: of a server that had not got the last entries, or of no queue's cursor.
   */
  finish({ entryId, eventNumber, time, isAnew }: StreamEnd): GapEvent | undefined {
    let missing: { lost?: number } | undefined;
    if (isAnew || compareIds(this.entry, entryId) > 0) {
      // Of a place that is a time and no event's, nothing is missing: nothing has happened since.
      const isTime = !isAnew && this.nextNumber === undefined && millisecondsOf(this.entry) <= time;
      missing = isTime ? undefined : {};
      this.known = undefined;
      this.continuity = Continuity.after(eventNumber);
    } else {
      missing = this.continuity.takeEnd(eventNumber);
    }
    this.entry = entryId;
    this.seen = undefined;
    return missing && { event: 'gap', id: eventId(entryId, eventNumber), timestamp: time, ...missing };
  }
}

function millisecondsOf(entryId: string): number {
  return Number(entryId.slice(0, entryId.indexOf('-')));
}

/** Reading after a gap goes on with what follows it. */
function gapBefore(entryId: string, first: number, missing: { lost?: number }): GapEvent {
  return { event: 'gap', id: eventId(entryId, first - 1), timestamp: millisecondsOf(entryId), ...missing };
}
