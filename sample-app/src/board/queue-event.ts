import type { JobEvent } from 'stepwell';

/** An event, and where it happened. */
export interface QueueEvent {
  queue: string;
  event: JobEvent;
}
