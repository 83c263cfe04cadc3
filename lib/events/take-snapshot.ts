import { decodeBody } from '../job/job-body.js';
import type { SnapshotEvent, StepSnapshot } from '../job/job-event.js';
import type { JobFields } from '../job/job-record.js';
import { decodeJson } from '../job/json.js';
import type { JobLook } from '../store/inspect-store.js';
import { eventId } from './event-id.js';

/** What a look at a job tells its watcher. Its id is the place in the events at which it was so. */
export function takeSnapshot(jobId: string, { job, time, told, entryId }: JobLook): SnapshotEvent {
  const event: SnapshotEvent = {
    event: 'snapshot',
    id: eventId(entryId, told),
    timestamp: time,
    jobId,
    state: job?.state ?? 'unknown',
  };
  if (!job) {
    return event;
  }
  const { fields, body } = job.record;
  const { name, timestamp } = decodeBody(body);
  return {
    ...event,
    name,
    addedOn: timestamp,
    attemptsMade: Number(fields.attemptsMade ?? 0),
    attemptsStarted: Number(fields.attemptsStarted ?? 0),
    ...(fields.processedOn ? { processedOn: Number(fields.processedOn) } : {}),
    ...(fields.finishedOn ? { finishedOn: Number(fields.finishedOn) } : {}),
    ...(fields.progress ? { progress: decodeJson(fields.progress) } : {}),
    ...(job.state === 'completed' ? { returnvalue: decodeJson(fields.result ?? 'null') } : {}),
    ...(fields.failedReason ? { failedReason: decodeJson(fields.failedReason) } : {}),
    ...readSteps(fields),
  };
}

const STATUS: Record<string, StepSnapshot['status']> = { a: 'active', c: 'completed', f: 'failed' };

/** A stored step: order, visit, status, attempt, start and end, and after a tab why it failed. */
const STEP = /^(\d+),\d+,([a-z]),(\d+),(\d*),(\d*)(?:\t(.*))?$/s;

function readSteps(fields: JobFields): { steps?: StepSnapshot[] } {
  const found: (StepSnapshot & { order: number })[] = [];
  for (const [field, text] of Object.entries(fields)) {
    const stored = field.startsWith('step:') ? STEP.exec(text as string) : undefined;
    if (stored) {
      const [, order, letter = '', attempt, startedOn, finishedOn, reason] = stored;
      found.push({
        order: Number(order),
        step: field.slice('step:'.length),
        status: STATUS[letter] ?? 'waiting',
        attempt: Number(attempt),
        ...(startedOn ? { startedOn: Number(startedOn) } : {}),
        ...(finishedOn ? { finishedOn: Number(finishedOn) } : {}),
        ...(reason ? { failedReason: decodeJson<string>(reason) } : {}),
      });
    }
  }
  const steps = found.sort((a, b) => a.order - b.order).map(({ order: _order, ...step }) => step);
  return steps.length > 0 ? { steps } : {};
}
