import { checkInteger } from '../job/check.js';
import { EventOverflowError, InvalidOptionError } from '../job/errors.js';
import type { DroppedEvent, JobEvent } from '../job/job-event.js';
import { refuseUnknown } from '../job/known-names.js';
import { idBefore } from './event-id.js';

const POLICIES = ['latest-per-job', 'drop-oldest', 'error'] as const;

/**
 * What becomes of events that a full buffer cannot hold. `drop-oldest` leaves out the oldest ones; `latest-per-job` those
 * that a later event of the same job follows, so that each job's last word stays; `error` ends the stream with an
 * `EventOverflowError`.
 */
export type OverflowPolicy = (typeof POLICIES)[number];

export interface BufferOptions {
  /** How many events are held at most. Default 1000. */
  limit?: number;
  /** Default `drop-oldest`. */
  overflow?: OverflowPolicy;
}

export const DEFAULT_LIMIT = 1000;

export function checkBufferOptions(options: BufferOptions): void {
  refuseUnknown('buffer option', options, ['limit', 'overflow']);
  const { limit, overflow } = options;
  if (limit !== undefined) {
    checkInteger('limit', limit, 1);
  }
  if (overflow !== undefined && !POLICIES.includes(overflow)) {
    throw new InvalidOptionError('overflow', overflow, `Use one of ${POLICIES.join(', ')}.`);
  }
}

/** Events that wait for a consumer, so many and no more. Where some were left out, a `dropped` event says so. */
export class EventBuffer<T extends JobEvent> {
  private readonly limit: number;
  private readonly overflow: OverflowPolicy;
  /** In their order; by job once it has overflowed, else each under a number of its own. */
  private held = new Map<unknown, T>();
  private count = 0;
  private isByJob = false;
  private dropped = 0;
  /** To resume after, so that what was dropped comes again: the event before it. */
  private resumeId = '';

  constructor(options: BufferOptions = {}) {
    checkBufferOptions(options);
    this.limit = options.limit ?? DEFAULT_LIMIT;
    this.overflow = options.overflow ?? 'drop-oldest';
  }

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  /** Throws `EventOverflowError` where that is the policy. */
  push(event: T): void {
    if (this.held.size >= this.limit && !this.isByJob) {
      this.overflowed();
    }
    this.hold(event);
    if (this.held.size > this.limit) {
      this.drop(this.held.keys().next().value);
    }
  }

  /** The next one to hand over, first how many are missing before it. */
  shift(): T | DroppedEvent | undefined {
    const [next] = this.held;
    if (!next) {
      return undefined;
    }
    if (this.dropped > 0) {
      const { timestamp } = next[1];
      const gap: DroppedEvent = { event: 'dropped', id: this.resumeId, timestamp, count: this.dropped };
      this.dropped = 0;
      return gap;
    }
    this.held.delete(next[0]);
    this.resumeId = next[1].id;
    if (this.held.size === 0) {
      this.isByJob = false;
    }
    return next[1];
  }

  clear(): void {
    this.held.clear();
  }

  private overflowed(): void {
    if (this.overflow === 'error') {
      throw new EventOverflowError(this.limit);
    }
    if (this.overflow === 'latest-per-job') {
      this.isByJob = true;
      const all = [...this.held.values()];
      this.held = new Map();
      all.forEach((event) => this.hold(event));
    }
  }

  private hold(event: T): void {
    const key = this.isByJob ? subjectOf(event) : (this.count += 1);
    if (this.held.has(key)) {
      this.drop(key);
    }
    this.held.set(key, event);
  }

  private drop(key: unknown): void {
    const event = this.held.get(key);
    if (event && this.resumeId === '') {
      // A watch begins with its snapshot at 0.
      this.resumeId = event.event === 'snapshot' ? '0' : idBefore(event.id);
    }
    this.held.delete(key);
    this.dropped += 1;
  }
}

/** What an event is about: a job, else its own kind. */
function subjectOf(event: JobEvent): string {
  return 'jobId' in event && event.jobId !== undefined ? `job ${event.jobId}` : event.event;
}
