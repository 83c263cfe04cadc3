import type { Job } from './job.js';

/** What is traced: something that is asked of a queue, or work on a job of it. */
export type TracedWork =
  /** One job is added, or several at once; `jobName` where all have the same. */
  | { kind: 'add'; queueName: string; jobName: string | undefined; count: number }
  /** A job scheduler is made or changed; its jobs are in traces of their own. */
  | { kind: 'schedule'; queueName: string; jobName: string; schedulerId: string }
  /** `metadata` is what the job carries, where it is known. */
  | { kind: 'signal'; queueName: string; jobId: string; signal: string; metadata: string | undefined }
  /** A worker was given the job and runs it, once for each try and for each time that it goes on. */
  | { kind: 'process'; job: Job; workerId: string; metadata: string | undefined }
  /** A step of a job runs, or what undoes one. */
  | { kind: 'step' | 'compensate'; job: Job; step: string; attempt: number };

/** How work ended. `moved`: it goes on later. `lost`: another worker may have the job. */
export type TracedOutcome = 'completed' | 'failed' | 'retried' | 'moved' | 'lost';

/** What a run brought: its result as it is stored, or why it failed and for how long the next try is put off. */
export interface TracedEnd {
  result?: string;
  reason?: string;
  delayMs?: number;
}

/** One piece of work that has begun. None of its methods may throw. */
export interface Trace {
  /** What jobs that are added by this work carry, and whoever runs them is given. */
  readonly metadata?: string | undefined;
  /** Calls `work` so that all that it does belongs to this, also later. */
  with<T>(work: () => T): T;
  /** The id of the job that was added, or the ids; of a scheduler, that of the job which is next. */
  added?(ids: readonly string[]): void;
  fail(error: unknown): void;
  /** Called once, and last. */
  end(outcome: TracedOutcome, what?: TracedEnd): void;
}

/** What a worker does for the jobs of its queue besides running them. */
export interface Upkeep {
  kind: 'find-stalled' | 'renew-locks';
  queueName: string;
  workerId: string;
  workerName: string | undefined;
  /** Jobs whose locks are renewed. */
  jobIds?: readonly string[];
}

/** What a queue shows to who measures it. */
export interface MeasuredQueue {
  readonly name: string;
  /** Jobs by state. */
  getJobCounts(): Promise<Record<string, number>>;
  /** For how long the oldest job has waited that could start, ms. */
  getLagMs(): Promise<number>;
}

/**
 * Where queues, workers and flow producers report what they do: traces and measures. `stepwell/otel` has the one for
 * OpenTelemetry.
 */
export interface Telemetry {
  /** Must not throw. */
  begin(work: TracedWork): Trace;
  /** A worker begins upkeep. Returns what to call with the ids that it was about when it is through. Neither may throw. */
  upkeep?(work: Upkeep): (jobIds: readonly string[]) => void;
  /** A queue was opened. Returns what to call when it is closed. */
  measure?(queue: MeasuredQueue): () => void;
}

/**
 * A part of the context in which a job is added that its processor finds again, in whatever process and however much later.
 *
 * @example
 * const tenant: ContextPropagator<string> = {
 *   name: 'tenant',
 *   read: () => tenants.getStore(),
 *   restore: (value, run) => (value === undefined ? run() : tenants.run(value, run)),
 * };
 */
export interface ContextPropagator<V = any> {
  /** Names the value in the job's option `context`; stays the same as long as there are jobs that carry it. */
  name: string;
  /** The value to carry, as JSON keeps it; undefined for none. Called when a job is added. */
  read(): V | undefined;
  /** Calls `run`, with the value in place, and returns what that returns. Called for each run, with undefined where none was carried. */
  restore<T>(value: V | undefined, run: () => T): T;
}
