import type { JobEvent } from 'stepwell';
import { PICTURES, type PhotoResult } from '../photos/photo.js';
import type { Happening } from './board-message.js';
import { photoOf, type QueueEvent } from './queue-event.js';

/** The line of an event in the activity list; undefined for one that would say nothing new there. */
export function happeningOf({ queue, event }: QueueEvent): Happening | undefined {
  const words = queue === PICTURES ? wordsOfPicture(event) : wordsOfPhoto(event);
  if (words === undefined) return undefined;
  const photoId = photoOf({ queue, event });
  return {
    id: event.id,
    queue,
    event: event.event,
    at: event.timestamp,
    ...(photoId === undefined ? {} : { photoId }),
    words,
  };
}

function wordsOfPhoto(event: JobEvent): string | undefined {
  switch (event.event) {
    case 'added':
      return 'added';
    case 'deduplicated':
      return 'came again, left out as duplicate';
    case 'step-completed':
      return `${event.step} completed`;
    case 'step-failed':
      return `${event.step} failed${afterFailure(event)}`;
    case 'waiting-children':
      return 'waits for its children';
    case 'signalled':
      return `was ${event.signal}`;
    case 'completed':
      return `completed${verdictOf(event.returnvalue)}`;
    case 'failed':
      return `failed: ${event.failedReason}`;
    default:
      return wordsOfAny(event);
  }
}

function verdictOf(result: PhotoResult | undefined): string {
  return result ? `, ${result.verdict} by ${result.by}` : '';
}

function wordsOfPicture(event: JobEvent): string | undefined {
  const width = 'jobId' in event ? event.jobId?.split('-').at(-1) : '';
  switch (event.event) {
    case 'completed':
      return `${width} px completed`;
    case 'failed':
      return `${width} px failed: ${event.failedReason}`;
    default:
      return wordsOfAny(event);
  }
}

function wordsOfAny(event: JobEvent): string | undefined {
  switch (event.event) {
    case 'stalled':
      return 'was taken back from a worker that fell silent';
    case 'removed':
      return 'was removed';
    case 'gap':
      return `${event.lost ?? 'Some'} events are not kept any more`;
    default:
      return undefined;
  }
}

function afterFailure({ failedReason, retryInMs }: { failedReason: string; retryInMs?: number }): string {
  return retryInMs === undefined
    ? `: ${failedReason}`
    : `, retry in ${(retryInMs / 1000).toFixed(1)} s: ${failedReason}`;
}
