import type { ListedState } from '../../../lib/job/job-state.js';
import type { JobFields } from '../../../lib/job/job-record.js';

/** What a queue should hold of a job. */
export interface ModelJob {
  id: string;
  /** The first three lines of the body. */
  head: string;
  data: string;
  fields: JobFields;
  logs: string[];
  place: ListedState;
  /** Of a delayed job. */
  due: number;
  /** Of an active job. */
  lockUntil: number;
}

/** A job to add, as scripts take it: `spec` is what it asks for. */
export interface NewModelJob {
  id: string;
  spec: string;
  body: string;
}

/** What an id of a deduplication protects. */
export interface DedupKey {
  owner: string;
  /** Until when it does whatever becomes of the owner; 0 for as long as that is unfinished. */
  until: number;
  /** To be added after the owner. */
  next?: NewModelJob;
}
