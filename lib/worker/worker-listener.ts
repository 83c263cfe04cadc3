import type { Job } from '../job/job.js';
import type { JobProgress } from '../job/job-progress.js';

/** Local events of a `Worker` and what their listeners get. */
export interface WorkerListener<D = any, R = any, N extends string = string> {
  active: (job: Job<D, R, N>, prev: string) => void;
  completed: (job: Job<D, R, N>, result: R, prev: string) => void;
  /** An attempt failed; `job.finishedOn` is set when it was the last one. */
  failed: (job: Job<D, R, N> | undefined, error: Error, prev: string) => void;
  progress: (job: Job<D, R, N>, progress: JobProgress) => void;
  stalled: (jobId: string, prev: string) => void;
  /** A look for jobs found none. */
  drained: () => void;
  locksRenewed: (data: { count: number; jobIds: string[] }) => void;
  lockRenewalFailed: (jobIds: string[]) => void;
  ready: () => void;
  paused: () => void;
  resumed: () => void;
  closing: (message: string) => void;
  closed: () => void;
  error: (error: Error) => void;
}

const NAMES: Record<keyof WorkerListener, true> = {
  active: true,
  completed: true,
  failed: true,
  progress: true,
  stalled: true,
  drained: true,
  locksRenewed: true,
  lockRenewalFailed: true,
  ready: true,
  paused: true,
  resumed: true,
  closing: true,
  closed: true,
  error: true,
};

/** Names of the local events of a worker. */
export const WORKER_EVENTS = Object.keys(NAMES);
