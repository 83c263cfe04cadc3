import type { JobProgress } from './job-progress.js';

interface EventBase {
  /** Cursor: reading after it goes on with the next event. */
  id: string;
  /** Milliseconds since 1970 by Redis' clock. */
  timestamp: number;
}

interface OfJob extends EventBase {
  jobId: string;
}

/** What happened in a queue, told apart by `event`. */
export type JobEvent =
  | (OfJob & { event: 'added'; name: string })
  | (OfJob & { event: 'waiting'; prev?: string })
  | (OfJob & { event: 'delayed'; /** When it is due, milliseconds since 1970. */ delay: number })
  | (OfJob & { event: 'active'; prev: string })
  | (OfJob & {
      event: 'progress';
      /** Undefined when its JSON has more than 64 KiB: read it from the job. */ data: JobProgress;
    })
  | (OfJob & {
      event: 'completed';
      /** Undefined when its JSON has more than 64 KiB: read it from the job. */
      returnvalue: any;
      prev: string;
    })
  | (OfJob & { event: 'failed'; failedReason: string; prev: string })
  | (OfJob & { event: 'retries-exhausted'; attemptsMade: string })
  | (OfJob & { event: 'stalled' })
  | (OfJob & { event: 'removed'; prev: string })
  | (OfJob & { event: 'duplicated' })
  | (OfJob & {
      /** An add was stopped, or took the place of a delayed job; `jobId` is the job that is kept. */
      event: 'deduplicated';
      deduplicationId: string;
      /** The job that was dropped or replaced. */
      deduplicatedJobId: string;
    })
  | (EventBase & { event: 'cleaned'; count: string })
  | (EventBase & { event: 'drained' })
  | (EventBase & { event: 'paused' })
  | (EventBase & { event: 'resumed' });

export type JobEventName = JobEvent['event'];
