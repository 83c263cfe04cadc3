import { decodeBody } from '../job/job-body.js';
import type { Codec } from '../job/codec.js';
import type { SnapshotEvent } from '../job/job-event.js';
import { stepsOf } from '../job/job-steps.js';
import { decodeValue, parseStored } from '../job/json.js';
import type { JobLook } from '../store/inspect-store.js';
import { eventId } from './event-id.js';

/**
 * What a watcher of a job gets from a look at it. Its id is the place in the events at which it was so. What cannot be read, of
 * another codec or edited by hand, is left out: it ends no watch, and hides nothing else.
 *
 * @param onUnreadable called with why something was left out
 */
export function takeSnapshot(
  jobId: string,
  { job, time, eventNumber, entryId }: JobLook,
  codec: Codec | undefined,
  onUnreadable: (error: unknown) => void,
): SnapshotEvent {
  const event: SnapshotEvent = {
    event: 'snapshot',
    id: eventId(entryId, eventNumber),
    timestamp: time,
    jobId,
    state: job?.state ?? 'unknown',
  };
  if (!job) {
    return event;
  }
  const { fields, body } = job.record;
  const read = <T extends object>(part: () => T): T | undefined => {
    try {
      return part();
    } catch (error) {
      onUnreadable(error);
      return undefined;
    }
  };
  return {
    ...event,
    ...read(() => {
      const { name, timestamp, fault } = decodeBody(body);
      if (fault) {
        throw fault;
      }
      return { name, addedOn: timestamp };
    }),
    attemptsMade: Number(fields.attemptsMade ?? 0),
    attemptsStarted: Number(fields.attemptsStarted ?? 0),
    ...(fields.processedOn ? { processedOn: Number(fields.processedOn) } : {}),
    ...(fields.finishedOn ? { finishedOn: Number(fields.finishedOn) } : {}),
    ...read(() => (fields.progress ? { progress: decodeValue('Progress', fields.progress, codec) } : {})),
    ...read(() =>
      job.state === 'completed'
        ? { returnvalue: decodeValue('The result', fields.result ?? 'null', codec) }
        : {},
    ),
    ...read(() =>
      fields.failedReason ? { failedReason: parseStored('The reason', fields.failedReason) as string } : {},
    ),
    ...read(() => {
      const steps = stepsOf(fields, codec);
      return steps.length > 0 ? { steps } : {};
    }),
  };
}
