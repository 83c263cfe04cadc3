import type { JobEvent } from '../job/job-event.js';
import { decodeJson } from '../job/json.js';

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
  cleaned: ([count]) => [{ event: 'cleaned', count }],
  drained: () => [{ event: 'drained' }],
  paused: () => [{ event: 'paused' }],
  resumed: () => [{ event: 'resumed' }],
};

/**
 * The events of one stream entry: runs of one name each, a line per event, columns split by tabs. The id of an event
 * is that of its entry and its place in it.
 */
export function decodeEntry(entryId: string, fields: readonly string[]): JobEvent[] {
  const events: JobEvent[] = [];
  const timestamp = Number(entryId.slice(0, entryId.indexOf('-')));
  for (let i = 0; i < fields.length; i += 2) {
    const read = READERS[fields[i] as string];
    if (!read) {
      continue;
    }
    for (const line of (fields[i + 1] as string).split('\n')) {
      for (const told of read(line.split('\t'))) {
        events.push({ ...told, id: `${entryId}-${events.length}`, timestamp } as unknown as JobEvent);
      }
    }
  }
  return events;
}
