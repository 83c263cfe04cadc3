import type { GapEvent, JobEvent } from '../job/job-event.js';
import { retryUntilAborted } from '../runtime/retry-until-aborted.js';
import type { EventLine, StreamEntry } from '../redis/event-line.js';
import { Continuity } from './continuity.js';
import { readSharedEntry } from './decode-entry.js';
import { type Cursor, eventId, readCursor } from './event-id.js';
import type { EventReader } from './event-reader.js';

/** What comes from now on. */
export const FROM_NOW = '$';

/** Reads a queue's events from a place on, over the process' reading connection, and says where some are missing. */
export class EventFeed {
  /** Resolves once the starting place is known: what happens later will be told. */
  readonly ready: Promise<void>;
  private readonly stopped = new AbortController();
  private readonly unsubscribe: () => void;
  private continuity = Continuity.after(0);
  /** Events of the first entry up to this number were seen before. */
  private seen = -1;
  private waiters: { told: number; resolve: () => void }[] = [];

  /**
   * @param after id of an event, or `FROM_NOW`
   * @param tell takes each event in its order
   * @param onError told when the place cannot be found out yet; it is tried again
   */
  constructor(
    private readonly reader: EventReader,
    line: EventLine,
    after: string,
    private readonly tell: (event: JobEvent) => void,
    onError: (error: unknown) => void,
  ) {
    const place = retryUntilAborted(
      reader.runtime,
      () => (after === FROM_NOW ? this.startNow() : this.startAfter(readCursor('lastEventId', after))),
      this.stopped.signal,
      onError,
    );
    const found = place.then((start) => start ?? { entryId: '0-0', rest: [] });
    const subscription = line.subscribe(
      reader.key,
      found.then(({ entryId }) => entryId),
      (entries) => this.take(entries),
    );
    this.unsubscribe = subscription.unsubscribe;
    this.ready = found.then(({ rest }) => {
      this.take(rest);
      return subscription.ready;
    });
  }

  stop(): void {
    this.stopped.abort();
    this.unsubscribe();
    this.releaseWaiters();
  }

  /** Resolves once everything that has happened until now was told, or the feed is stopped. */
  async caughtUp(): Promise<void> {
    await this.ready;
    const { told } = await this.reader.look('');
    await new Promise<void>((resolve) => {
      this.waiters.push({ told, resolve });
      this.releaseWaiters();
    });
  }

  private releaseWaiters(): void {
    const isPast = (told: number): boolean => this.stopped.signal.aborted || this.continuity.isPast(told);
    this.waiters.filter(({ told }) => isPast(told)).forEach(({ resolve }) => resolve());
    this.waiters = this.waiters.filter(({ told }) => !isPast(told));
  }

  private async startNow(): Promise<{ entryId: string; rest: StreamEntry[] }> {
    const { entryId, told } = await this.reader.look('');
    this.continuity = Continuity.after(told);
    return { entryId, rest: [] };
  }

  /** The rest of the entry that the last event was in comes first. */
  private async startAfter(cursor: Cursor): Promise<{ entryId: string; rest: StreamEntry[] }> {
    const { entryId, number } = cursor;
    const rest = await this.reader.entries(entryId, entryId);
    this.continuity = Continuity.at(cursor);
    const [present] = rest;
    if (present) {
      this.seen = number ?? Infinity;
      this.continuity.resume(readSharedEntry(...present, this.reader.codec));
    }
    return { entryId, rest };
  }

  private take(entries: readonly StreamEntry[]): void {
    for (const [entryId, fields] of entries) {
      const { seen } = this;
      this.seen = -1;
      const entry = readSharedEntry(entryId, fields, this.reader.codec);
      const missing = seen < 0 ? this.continuity.take(entry) : undefined;
      if (missing && !this.stopped.signal.aborted) {
        this.tell(gapBefore(entryId, entry.first as number, missing));
      }
      for (const event of entry.events) {
        if (this.stopped.signal.aborted) {
          return;
        }
        if (seen < 0 || numberOf(event.id) > seen) {
          this.tell(event);
        }
      }
    }
    if (this.waiters.length > 0) {
      this.releaseWaiters();
    }
  }
}

/** Reading after a gap goes on with what follows it. */
export function gapBefore(entryId: string, first: number, missing: { lost?: number }): GapEvent {
  const timestamp = Number(entryId.slice(0, entryId.indexOf('-')));
  return { event: 'gap', id: eventId(entryId, first - 1), timestamp, ...missing };
}

export function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}
