import type { JobEvent } from 'stepwell';
import type { Happening } from './board-message.js';
import type { QueueEvent } from './queue-event.js';

/** The line of an event in the activity list; undefined for one that would say nothing new there. */
export function happeningOf({ event }: QueueEvent): Happening | undefined {
  const detail = detailOf(event);
  if (detail === undefined) return undefined;
  return {
    id: event.id,
    event: event.event,
    at: event.timestamp,
    ...('jobId' in event && event.jobId ? { photoId: event.jobId } : {}),
    ...(detail === '' ? {} : { detail }),
  };
}

function detailOf(event: JobEvent): string | undefined {
  switch (event.event) {
    case 'added':
    case 'active':
    case 'completed':
    case 'stalled':
    case 'removed':
    case 'deduplicated':
      return '';
    case 'gap':
      return event.lost === undefined ? '' : String(event.lost);
    case 'delayed':
      return String(event.delay);
    case 'waiting':
      // Of a job that was added, or due, that goes without saying.
      return event.prev === undefined || event.prev === 'delayed' ? undefined : event.prev;
    case 'failed':
      return event.failedReason;
    default:
      return undefined;
  }
}
