import type { JobProgress } from './job-progress.js';
import type { JobStep } from './job-steps.js';
import type { JobState } from './job-state.js';

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

/** What happened in a queue, distinguished by `event`. */
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
  | (JobEventBase & {
      /** The job has failed because it was cancelled; `failed` goes before. */ event: 'cancelled';
      reason: string;
    })
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
  | (JobEventBase & {
      /** The job of a slot has started. */
      event: 'schedule-fired';
      schedulerId: string;
      /** Ms since 1970. */
      slot: number;
    })
  | (EventBase & {
      /** Slots passed, and no job is made for them. */
      event: 'schedule-missed';
      schedulerId: string;
      /** How many; from 200 on, with a `pattern`, perhaps more. */
      count: number;
      /** The first of them, ms since 1970; absent where that was not looked up, as `to`. */
      from?: number;
      to?: number;
    })
  | (JobEventBase & {
      /** The job of a slot does not run. */
      event: 'schedule-skipped';
      schedulerId: string;
      slot: number;
      /** The run before goes on; the `deduplication` of the template has another job; there is a job of that slot already;
       * the scheduler was changed from outside and ends; the job has vanished from Redis. */
      reason: 'overlap' | 'deduplicated' | 'group-full' | 'taken' | 'unreadable' | 'lost';
    })
  | (EventBase & { event: 'cleaned'; count: string })
  | (EventBase & { event: 'drained' })
  | (EventBase & { event: 'paused' })
  | (EventBase & { event: 'resumed' })
  | (EventBase & { /** No job of the group starts any more. */ event: 'group-paused'; groupId: string })
  | (EventBase & { event: 'group-resumed'; groupId: string })
  | CustomEvent
  | GapEvent
  | SnapshotEvent
  | DroppedEvent;

export type JobEventName = JobEvent['event'];

/** Events of one name. */
export type EventOf<E extends JobEventName> = Extract<JobEvent, { event: E }>;

/** What a `QueueEventsProducer` published. */
export interface CustomEvent<F = Record<string, any>> extends EventBase {
  event: 'custom';
  /** The name that it was published under. */
  name: string;
  /** Of the fields, when it is a text. */
  jobId?: string;
  fields: F;
}

/** Events between the one before and the next one were not read: the stream had been cut past them. */
export interface GapEvent extends EventBase {
  event: 'gap';
  /** How many; absent where that cannot be known, as when the queue was deleted or Redis restored from a backup. */
  lost?: number;
}

/** How a job is when somebody begins to watch it, or goes on after a gap. */
export interface SnapshotEvent extends JobEventBase {
  event: 'snapshot';
  /** `unknown` when there is no such job. What follows is absent then. */
  state: JobState | 'unknown';
  name?: string;
  /** When it was added, milliseconds since 1970. */
  addedOn?: number;
  processedOn?: number;
  finishedOn?: number;
  attemptsMade?: number;
  attemptsStarted?: number;
  /** Absent where none was reported. */
  progress?: JobProgress;
  /** Of a completed job. */
  returnvalue?: any;
  /** Of the last failed attempt. */
  failedReason?: string;
  /** In the order in which they were started. */
  steps?: JobStep[];
}

/** A buffer was full: so many events are left out here. Reading after its `id` brings them back as long as they are kept. */
export interface DroppedEvent extends EventBase {
  event: 'dropped';
  count: number;
}
