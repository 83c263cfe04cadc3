import type { EventEmitter } from 'node:events';
import type { CustomEvent, JobEvent, JobEventName } from '../job/job-event.js';

type Fields<E extends JobEventName> = Omit<Extract<JobEvent, { event: E }>, 'event' | 'id' | 'timestamp'>;

/** Events that have a meaning only in a stream of their own, or come under another name. */
type StreamOnly = 'snapshot' | 'dropped' | 'custom';

/**
 * Events of a `QueueEvents` and what their listeners get: the fields, and the id to go on after. Custom events come under
 * their own names, events of a job also as `completed:<job id>`.
 */
export type QueueEventsListener = {
  [E in Exclude<JobEventName, 'drained' | StreamOnly>]: (args: Fields<E>, id: string) => void;
} & {
  drained: (id: string) => void;
  error: (error: Error) => void;
  closing: () => void;
};

/** Emits an event as its listeners get it. */
export function emitEvent(
  emitter: EventEmitter,
  { event, id, timestamp: _timestamp, ...fields }: JobEvent,
): void {
  if (event === 'drained') {
    emitter.emit('drained', id);
  } else if (event === 'custom') {
    const { name, fields: given, jobId } = fields as CustomEvent;
    emitFor(emitter, name, given, id, jobId);
  } else {
    emitFor(emitter, event, fields, id, 'jobId' in fields ? fields.jobId : undefined);
  }
}

function emitFor(
  emitter: EventEmitter,
  event: string,
  fields: object,
  id: string,
  jobId: string | undefined,
): void {
  emitter.emit(event, fields, id);
  if (jobId !== undefined) {
    emitter.emit(`${event}:${jobId}`, fields, id);
  }
}
