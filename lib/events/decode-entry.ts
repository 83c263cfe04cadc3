import type { JobEvent } from '../job/job-event.js';
import { decodeJson } from '../job/json.js';
import { eventId } from './event-id.js';

type Told = Record<string, unknown> & { event: string };

const json = (text: string | undefined): unknown => (text ? decodeJson(text) : undefined);

/** How the columns of a line become the fields of its events. A new job's line tells two: that it is there, and where. */
const READERS: Record<string, (columns: string[]) => Told[]> = {
  added: ([jobId, name, due, place]) => [
    { event: 'added', jobId, name },
    due ? { event: 'delayed', jobId, delay: Number(due) } : { event: place || 'waiting', jobId },
  ],
  waiting: ([jobId, prev]) => [prev ? { event: 'waiting', jobId, prev } : { event: 'waiting', jobId }],
  delayed: ([jobId, due]) => [{ event: 'delayed', jobId, delay: Number(due) }],
  'waiting-children': ([jobId, prev]) => [
    prev ? { event: 'waiting-children', jobId, prev } : { event: 'waiting-children', jobId },
  ],
  active: ([jobId]) => [{ event: 'active', jobId, prev: 'waiting' }],
  progress: ([jobId, data]) => [{ event: 'progress', jobId, data: json(data) }],
  completed: ([jobId, result]) => [{ event: 'completed', jobId, returnvalue: json(result), prev: 'active' }],
  failed: ([jobId, reason]) => [{ event: 'failed', jobId, failedReason: json(reason) ?? '', prev: 'active' }],
  'retries-exhausted': ([jobId, attemptsMade]) => [{ event: 'retries-exhausted', jobId, attemptsMade }],
  'child-failed': ([jobId, childKey, reason]) => [
    { event: 'child-failed', jobId, childKey, failedReason: json(reason) ?? '' },
  ],
  'step-started': ([jobId, step, attempt]) => [
    { event: 'step-started', jobId, step, attempt: Number(attempt) },
  ],
  'step-completed': ([jobId, step, attempt, result]) => [
    { event: 'step-completed', jobId, step, attempt: Number(attempt), result: json(result) },
  ],
  'step-failed': ([jobId, step, attempt, reason, retryInMs]) => [
    {
      ...{ event: 'step-failed', jobId, step, attempt: Number(attempt), failedReason: json(reason) ?? '' },
      ...(retryInMs ? { retryInMs: Number(retryInMs) } : {}),
    },
  ],
  signalled: ([jobId, signal]) => [{ event: 'signalled', jobId, signal }],
  stalled: ([jobId]) => [{ event: 'stalled', jobId }],
  removed: ([jobId, prev]) => [{ event: 'removed', jobId, prev }],
  deduplicated: ([jobId, deduplicationId, deduplicatedJobId]) => [
    { event: 'deduplicated', jobId, deduplicationId, deduplicatedJobId },
  ],
  duplicated: ([jobId]) => [{ event: 'duplicated', jobId }],
  custom: ([text]) => {
    const { eventName, ...fields } = decodeJson<{ eventName: string; jobId?: unknown }>(text as string);
    const { jobId } = fields;
    return [{ event: 'custom', name: eventName, ...(typeof jobId === 'string' ? { jobId } : {}), fields }];
  },
  cleaned: ([count]) => [{ event: 'cleaned', count }],
  drained: () => [{ event: 'drained' }],
  paused: () => [{ event: 'paused' }],
  resumed: () => [{ event: 'resumed' }],
};

/** The events of one stream entry, and their numbers. */
export interface DecodedEntry {
  events: JobEvent[];
  /** Number of its first event; undefined for an entry that has none, such as one that was written by hand. */
  first: number | undefined;
  /** How many events it tells, those included whose names are not known here. */
  count: number;
}

/** Field with the number of the entry's first event. */
const NUMBER = '#';

/**
 * An entry: runs of events of one name, a line per event, columns split by tabs. The id of an event is that of its entry
 * and its number.
 */
export function readEntry(entryId: string, fields: readonly string[]): DecodedEntry {
  const events: JobEvent[] = [];
  const timestamp = Number(entryId.slice(0, entryId.indexOf('-')));
  const first = fields[0] === NUMBER ? Number(fields[1]) : undefined;
  let count = 0;
  for (let i = first === undefined ? 0 : 2; i < fields.length; i += 2) {
    const read = READERS[fields[i] as string];
    for (const line of (fields[i + 1] as string).split('\n')) {
      for (const told of readLine(read, line)) {
        if (told) {
          events.push({
            ...told,
            id: eventId(entryId, (first ?? 0) + count),
            timestamp,
          } as unknown as JobEvent);
        }
        count += 1;
      }
    }
  }
  return { events, first, count };
}

/** A line that cannot be read, of a later version or written by hand, counts but tells nothing. */
function readLine(read: ((columns: string[]) => Told[]) | undefined, line: string): (Told | undefined)[] {
  try {
    return read ? read(line.split('\t')) : [undefined];
  } catch {
    return [undefined];
  }
}

export function decodeEntry(entryId: string, fields: readonly string[]): JobEvent[] {
  return readEntry(entryId, fields).events;
}

const decoded = new WeakMap<readonly string[], DecodedEntry>();

/** As `readEntry`, once for all who were handed the same entry. The events are shared: nobody may change them. */
export function readSharedEntry(entryId: string, fields: readonly string[]): DecodedEntry {
  let entry = decoded.get(fields);
  if (!entry) {
    entry = readEntry(entryId, fields);
    decoded.set(fields, entry);
  }
  return entry;
}
