import { decodeBody } from '../job/job-body.js';
import type { Codec } from '../job/codec.js';
import { UnreadableValueError } from '../job/errors.js';
import type { SnapshotEvent } from '../job/job-event.js';
import { stepsOf } from '../job/job-steps.js';
import { decodeJson, decodeValue } from '../job/json.js';
import type { JobLook } from '../store/inspect-store.js';
import { eventId } from './event-id.js';

/**
 * What a look at a job tells its watcher. Its id is the place in the events at which it was so. What cannot be read, of
 * another codec or edited by hand, is left out: it ends no watch, and hides nothing else.
 *
 * @param onUnreadable told why something was left out
 */
export function takeSnapshot(
  jobId: string,
  { job, time, told, entryId }: JobLook,
  codec: Codec | undefined,
  onUnreadable: (error: unknown) => void,
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
  const read = <T extends object>(part: () => T): T | undefined => {
    try {
      return part();
    } catch (error) {
      // What a JSON parser says of a text quotes it.
      const isQuiet = error instanceof UnreadableValueError;
      onUnreadable(isQuiet ? error : new UnreadableValueError(`Job ${jobId}`, new Error('it is no JSON')));
      return undefined;
    }
  };
  return {
    ...event,
    ...read(() => {
      const { name, timestamp } = decodeBody(body);
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
    ...read(() => (fields.failedReason ? { failedReason: decodeJson(fields.failedReason) } : {})),
    ...read(() => {
      const steps = stepsOf(fields, codec);
      return steps.length > 0 ? { steps } : {};
    }),
  };
}
