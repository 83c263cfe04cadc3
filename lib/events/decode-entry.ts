import type { Codec } from '../job/codec.js';
import type { JobEvent } from '../job/job-event.js';
import { decodeJson, decodeValue } from '../job/json.js';
import { eventId } from './event-id.js';

type DecodedEvent = Record<string, unknown> & { event: string };

const json = (text: string | undefined): unknown => (text ? decodeJson(text) : undefined);

/** A value that the queue's codec cannot read is left out, as a large one is. */
function valueOf(text: string | undefined, codec: Codec | undefined): unknown {
  try {
    return text ? decodeValue('A value', text, codec) : undefined;
  } catch {
    return undefined;
  }
}

type Read = (columns: string[], codec: Codec | undefined) => DecodedEvent[];

/**
 * How the columns of a line become the fields of its events. A new job's line holds two: that it is there, and where; so does that of a step
 * which has completed, where the next one has started or the job has completed with it.
 */
const READERS: Record<string, Read> = {
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
  progress: ([jobId, data], codec) => [{ event: 'progress', jobId, data: valueOf(data, codec) }],
  completed: ([jobId, result], codec) => [
    { event: 'completed', jobId, returnvalue: valueOf(result, codec), prev: 'active' },
  ],
  failed: ([jobId, reason]) => [{ event: 'failed', jobId, failedReason: json(reason) ?? '', prev: 'active' }],
  cancelled: ([jobId, reason]) => [{ event: 'cancelled', jobId, reason: json(reason) ?? '' }],
  'retries-exhausted': ([jobId, attemptsMade]) => [{ event: 'retries-exhausted', jobId, attemptsMade }],
  'child-failed': ([jobId, childKey, reason]) => [
    { event: 'child-failed', jobId, childKey, failedReason: json(reason) ?? '' },
  ],
  'step-started': ([jobId, step, attempt]) => [
    { event: 'step-started', jobId, step, attempt: Number(attempt) },
  ],
  'step-completed': ([jobId, step, attempt, result], codec) => [
    { event: 'step-completed', jobId, step, attempt: Number(attempt), result: valueOf(result, codec) },
  ],
  'step-passed': ([jobId, step, attempt, result, next, nextAttempt], codec) => [
    { event: 'step-completed', jobId, step, attempt: Number(attempt), result: valueOf(result, codec) },
    { event: 'step-started', jobId, step: next, attempt: Number(nextAttempt) },
  ],
  'steps-completed': ([jobId, step, attempt, text], codec) => {
    const result = valueOf(text, codec);
    return [
      { event: 'step-completed', jobId, step, attempt: Number(attempt), result },
      { event: 'completed', jobId, returnvalue: result, prev: 'active' },
    ];
  },
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
  'schedule-fired': ([schedulerId, jobId, slot]) => [
    { event: 'schedule-fired', schedulerId, jobId, slot: Number(slot) },
  ],
  'schedule-missed': ([schedulerId, count, from, to]) => [
    {
      ...{ event: 'schedule-missed', schedulerId, count: Number(count) },
      ...(from && to ? { from: Number(from), to: Number(to) } : {}),
    },
  ],
  'schedule-skipped': ([schedulerId, jobId, slot, reason]) => [
    { event: 'schedule-skipped', schedulerId, jobId, slot: Number(slot), reason },
  ],
  custom: ([text]) => {
    const { eventName, ...fields } = decodeJson<{ eventName: string; jobId?: unknown }>(text as string);
    const { jobId } = fields;
    return [{ event: 'custom', name: eventName, ...(typeof jobId === 'string' ? { jobId } : {}), fields }];
  },
  cleaned: ([count]) => [{ event: 'cleaned', count }],
  drained: () => [{ event: 'drained' }],
  paused: () => [{ event: 'paused' }],
  resumed: () => [{ event: 'resumed' }],
  'group-paused': ([groupId]) => [{ event: 'group-paused', groupId }],
  'group-resumed': ([groupId]) => [{ event: 'group-resumed', groupId }],
};

/** The events of one stream entry, and their numbers. */
export interface DecodedEntry {
  events: JobEvent[];
  /** Number of its first event; undefined for an entry that has none, such as one that was written by hand. */
  first: number | undefined;
  /** How many events it holds, those included whose names are not known here. */
  count: number;
}

/** Field with the number of the entry's first event. */
const NUMBER = '#';

/**
 * An entry: runs of events of one name, a line per event, columns split by tabs. The id of an event is that of its entry
 * and its number.
 */
export function readEntry(entryId: string, fields: readonly string[], codec?: Codec): DecodedEntry {
  const events: JobEvent[] = [];
  const timestamp = Number(entryId.slice(0, entryId.indexOf('-')));
  const first = fields[0] === NUMBER ? Number(fields[1]) : undefined;
  let count = 0;
  for (let i = first === undefined ? 0 : 2; i < fields.length; i += 2) {
    const read = READERS[fields[i] as string];
    for (const line of (fields[i + 1] as string).split('\n')) {
      for (const event of readLine(read, line, codec)) {
        if (event) {
          events.push({
            ...event,
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

/** A line that cannot be read, of a later version or written by hand, counts but emits nothing. */
function readLine(
  read: Read | undefined,
  line: string,
  codec: Codec | undefined,
): (DecodedEvent | undefined)[] {
  try {
    return read ? read(line.split('\t'), codec) : [undefined];
  } catch {
    return [undefined];
  }
}

export function decodeEntry(entryId: string, fields: readonly string[], codec?: Codec): JobEvent[] {
  return readEntry(entryId, fields, codec).events;
}

const NO_CODEC = {};
const decoded = new WeakMap<object, WeakMap<readonly string[], DecodedEntry>>();

/** As `readEntry`, once for all with one codec who were handed the same entry. The events are shared: nobody may change them. */
export function readSharedEntry(entryId: string, fields: readonly string[], codec?: Codec): DecodedEntry {
  let entries = decoded.get(codec ?? NO_CODEC);
  if (!entries) {
    entries = new WeakMap();
    decoded.set(codec ?? NO_CODEC, entries);
  }
  let entry = entries.get(fields);
  if (!entry) {
    entry = readEntry(entryId, fields, codec);
    entries.set(fields, entry);
  }
  return entry;
}
