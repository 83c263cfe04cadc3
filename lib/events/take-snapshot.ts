import { decodeBody } from '../job/job-body.js';
import type { Codec } from '../job/codec.js';
import type { SnapshotEvent } from '../job/job-event.js';
import { stepsOf } from '../job/job-steps.js';
import { decodeJson, decodeValue } from '../job/json.js';
import type { JobLook } from '../store/inspect-store.js';
import { eventId } from './event-id.js';

/** What a look at a job tells its watcher. Its id is the place in the events at which it was so. */
export function takeSnapshot(
  jobId: string,
  { job, time, told, entryId }: JobLook,
  codec?: Codec,
): SnapshotEvent {
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
  const steps = stepsOf(fields, codec);
  return {
    ...event,
    name,
    addedOn: timestamp,
    attemptsMade: Number(fields.attemptsMade ?? 0),
    attemptsStarted: Number(fields.attemptsStarted ?? 0),
    ...(fields.processedOn ? { processedOn: Number(fields.processedOn) } : {}),
    ...(fields.finishedOn ? { finishedOn: Number(fields.finishedOn) } : {}),
    ...(fields.progress ? { progress: decodeValue('Progress', fields.progress, codec) } : {}),
    ...(job.state === 'completed'
      ? { returnvalue: decodeValue('The result', fields.result ?? 'null', codec) }
      : {}),
    ...(fields.failedReason ? { failedReason: decodeJson(fields.failedReason) } : {}),
    ...(steps.length > 0 ? { steps } : {}),
  };
}
