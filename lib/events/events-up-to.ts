import type { JobEvent } from '../job/job-event.js';
import type { EventPlace } from './event-place.js';
import { ENTRIES_PER_PAGE, type EventReader } from './event-reader.js';

/** Tries a read until it works; returns undefined when its reader has been stopped. */
export type KeepTrying = <T>(attempt: () => Promise<T>) => Promise<T | undefined>;

/**
 * What happened between a place and an entry, in pages that are read one after the other over the connection for commands:
 * for those who are behind. The place moves along; it is at the end when the pages are over, unless the reader was stopped.
 */
export async function* eventsUpTo(
  reader: EventReader,
  place: EventPlace,
  entryId: string,
  keepTrying: KeepTrying,
): AsyncGenerator<JobEvent[], void, undefined> {
  for (let isFull = true; isFull;) {
    const page = await keepTrying(() => reader.entries(place.rangeStart, entryId));
    if (!page) {
      return;
    }
    yield place.take(page);
    isFull = page.length === ENTRIES_PER_PAGE;
  }
}
