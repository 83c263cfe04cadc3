import type { Job } from '../job/job.js';
import type { JobProgress } from '../job/job-progress.js';

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Data type of a queue that was declared by its data or by its job. */
export type DataOf<T> = IsAny<T> extends true ? any : T extends Job<infer D, any, any> ? D : T;
export type ResultOf<T, Default> =
  IsAny<T> extends true ? Default : T extends Job<any, infer R, any> ? R : Default;
export type NameOf<T, Default extends string> =
  IsAny<T> extends true ? Default : T extends Job<any, any, infer N> ? N : Default;

/** Local events of a `Queue` and what their listeners get. */
export interface QueueListener<D = any, R = any, N extends string = string> {
  /** A job was added through this object. */
  waiting: (job: Job<D, R, N>) => void;
  progress: (jobId: string, progress: JobProgress) => void;
  removed: (jobId: string) => void;
  cleaned: (jobIds: string[], type: string) => void;
  paused: () => void;
  resumed: () => void;
  error: (error: Error) => void;
}
