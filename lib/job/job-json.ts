import type { JobProgress } from './job-progress.js';
import type { JobsOptions } from './job-options.js';

/** A job as text: data, result and stack traces are as they are stored, the rest is plain. */
export interface JobJson {
  id: string;
  name: string;
  data: string;
  opts: JobsOptions;
  progress: JobProgress;
  attemptsMade: number;
  attemptsStarted: number;
  stalledCounter: number;
  timestamp: number;
  delay?: number | undefined;
  priority?: number | undefined;
  finishedOn?: number | undefined;
  processedOn?: number | undefined;
  processedBy?: string | undefined;
  failedReason?: string | undefined;
  deferredFailure?: string | undefined;
  /** JSON list of texts. */
  stacktrace?: string | undefined;
  returnvalue?: string | undefined;
  parent?: { id: string; queueKey: string } | undefined;
  parentKey?: string | undefined;
  deduplicationId?: string | undefined;
  repeatJobKey?: string | undefined;
  /** The lock of the run, for whoever goes on with it. */
  token?: string | undefined;
}

/** A job with what is needed to show it in another process. */
export type JobJsonSandbox = JobJson & { queueName: string; queueQualifiedName: string; prefix: string };
