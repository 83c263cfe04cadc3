import type { AddedJob, NewJob } from './added-job.js';

/** A job that somebody else adds with a worker's call. */
export interface AddInHand {
  added: Promise<AddedJob>;
  /** Whoever waited for it does no longer. Returns whether it was not on its way: then it will never be added. */
  withdraw(): boolean;
}

/** A worker that waits for jobs: it takes those that its process adds with its own next call, which may start them too. */
export interface JobTaker {
  addFor(job: NewJob): AddInHand;
}
