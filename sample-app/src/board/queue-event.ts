import type { JobEvent } from 'stepwell';
import { photoIdOf, PICTURES } from '../photos/photo.js';

/** An event, and where it happened. */
export interface QueueEvent {
  queue: string;
  event: JobEvent;
}

/** Id of the photo that an event is about, be it that of one of its pictures. */
export function photoOf({ queue, event }: QueueEvent): string | undefined {
  if (!('jobId' in event) || event.jobId === undefined) return undefined;
  return queue === PICTURES ? photoIdOf(event.jobId) : event.jobId;
}
