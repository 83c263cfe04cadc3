import type { Job } from '../job/job.js';

/** One activation of a job in this process. */
export interface Run {
  readonly job: Job;
  readonly token: string;
  readonly controller: AbortController;
}
