import type { JobProgress } from './job-progress.js';

/** What every event has. */
export interface EventBase {
  /** Cursor: reading after it goes on with the next event. */
  id: string;
  /** Milliseconds since 1970 by Redis' clock. */
  timestamp: number;
}

/** What every event of a job has. */
export interface JobEventBase extends EventBase {
  jobId: string;
}

/** What happened in a queue, told apart by `event`. */
export type JobEvent =
  | (JobEventBase & { event: 'added'; name: string })
  | (JobEventBase & { event: 'waiting'; prev?: string })
  | (JobEventBase & { event: 'delayed'; /** When it is due, milliseconds since 1970. */ delay: number })
  | (JobEventBase & {
      event: 'waiting-children';
      /** Absent where the job was added with children. */ prev?: string;
    })
  | (JobEventBase & { event: 'active'; prev: string })
  | (JobEventBase & {
      event: 'progress';
      /** Undefined when its JSON has more than 64 KiB: read it from the job. */ data: JobProgress;
    })
  | (JobEventBase & {
      event: 'completed';
      /** Undefined when its JSON has more than 64 KiB: read it from the job. */
      returnvalue: any;
      prev: string;
    })
  | (JobEventBase & { event: 'failed'; failedReason: string; prev: string })
  | (JobEventBase & { event: 'retries-exhausted'; attemptsMade: string })
  | (JobEventBase & {
      /** A child of the job failed; `jobId` is the parent. */
      event: 'child-failed';
      /** Key of the child, `<prefix>:<queue>:<id>`. */
      childKey: string;
      failedReason: string;
    })
  | (JobEventBase & { event: 'step-started'; step: string; /** 1 at the first run. */ attempt: number })
  | (JobEventBase & {
      event: 'step-completed';
      step: string;
      attempt: number;
      /** Undefined when its JSON has more than 64 KiB: read it from the job. */
      result: any;
    })
  | (JobEventBase & {
      event: 'step-failed';
      step: string;
      attempt: number;
      failedReason: string;
      /** Milliseconds until the step runs again; absent when it will not. */
      retryInMs?: number;
    })
  | (JobEventBase & { /** A signal was stored for the job. */ event: 'signalled'; signal: string })
  | (JobEventBase & { event: 'stalled' })
  | (JobEventBase & { event: 'removed'; prev: string })
  | (JobEventBase & { event: 'duplicated' })
  | (JobEventBase & {
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
