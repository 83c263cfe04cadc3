import type { Codec } from './codec.js';
import { asError } from './job-failure.js';
import { lifeId } from './job-life.js';
import { decodeJson, decodeValue } from './json.js';
import type { JobsOptions } from './job-options.js';
import type { JobProgress } from './job-progress.js';
import type { JobFields, JobRecord } from './job-record.js';
import { parseRef } from './job-ref.js';

/** What is known of a job: as it was when this object was made, and what it did itself since then. */
export class JobSnapshot<D = any, R = any, N extends string = string, P extends JobProgress = JobProgress> {
  /** Given by the queue: a rising number, or the `jobId` option. */
  id: string;
  readonly name: N;
  data: D;
  readonly opts: JobsOptions;
  /** Creation time, milliseconds since 1970 by Redis' clock. */
  timestamp: number;
  /** Milliseconds of delay that the job was given last. */
  delay: number;
  priority: number;
  progress: P;
  /** Result of a completed job; null before. */
  returnvalue: R;
  /** Tries that have ended, whatever their outcome. */
  attemptsMade = 0;
  /** Times that a worker was given the job. */
  attemptsStarted = 0;
  /** Times that the job was taken back from a worker whose lock had expired. */
  stalledCounter = 0;
  /** Message of the last failed attempt. */
  failedReason: string | undefined = undefined;
  /** Stack traces of failed attempts, oldest first. */
  stacktrace: string[] = [];
  processedOn: number | undefined = undefined;
  finishedOn: number | undefined = undefined;
  /** Name of the worker that was given the job last. */
  processedBy: string | undefined = undefined;
  /** @internal Which life of its id is meant, see `lifeId`; undefined where that is not known. */
  life: number | undefined = undefined;
  /** @internal What is stored of its steps, among the other fields; undefined where there are none. */
  stepFields: JobFields | undefined = undefined;
  /** Lock under which this object may write. */
  token: string | undefined = undefined;
  /** Why stored data, result or progress could not be read by the queue's codec; they are undefined then. */
  unreadable: Error | undefined = undefined;
  /** Why the job fails at its next start without being run: a child has failed. */
  deferredFailure: string | undefined = undefined;
  /** The job that waits for this one. */
  parent: { id: string; queueKey: string } | undefined = undefined;
  /** Whether the job was there already when it was added: stopped by its deduplication, which keeps this id. */
  deduplicated = false;

  constructor(id: string, name: N, data: D, opts: JobsOptions, timestamp: number) {
    this.id = id;
    this.name = name;
    this.data = data;
    this.opts = opts;
    this.timestamp = timestamp;
    this.delay = opts.delay ?? 0;
    this.priority = opts.priority ?? 0;
    this.progress = 0 as P;
    this.returnvalue = null as R;
    if (opts.parent) {
      this.parent = { id: opts.parent.id, queueKey: opts.parent.queue };
    }
  }

  /** @internal Its id for scripts, none but this very job. */
  get named(): string {
    return lifeId(this.id, this.life);
  }

  /** Name of the job that waits for this one: prefix, queue and id. */
  get parentKey(): string | undefined {
    return this.parent && `${this.parent.queueKey}:${this.parent.id}`;
  }

  /** What makes it the same as another job; see the option `deduplication`. */
  get deduplicationId(): string | undefined {
    return this.opts.deduplication?.id;
  }

  /** Plain form for logs and tests, without data, result and token. */
  toJSON(): object {
    const { id, name, timestamp, delay, priority, attemptsMade, attemptsStarted, processedOn, finishedOn } =
      this;
    return { id, name, timestamp, delay, priority, attemptsMade, attemptsStarted, processedOn, finishedOn };
  }

  /** Takes over what is stored. A record with a token was granted just now; its fields are those from before. */
  protected take({ fields, token }: JobRecord, codec?: Codec): void {
    this.token = token;
    for (const name in fields) {
      const take = TAKE[name];
      if (take) {
        take(this, (fields as Record<string, string>)[name] as string, codec);
      } else if (name.startsWith('step')) {
        this.stepFields = fields;
      }
    }
    if (token !== undefined) {
      this.attemptsStarted = Number(fields.attemptsStarted ?? 0) + 1;
    }
  }
}

/** A value as the queue's codec reads it. A job whose value cannot be read is still there, and says why. */
export function readValue<T>(job: JobSnapshot, what: string, text: string, codec?: Codec): T {
  try {
    return decodeValue<T>(what, text, codec);
  } catch (error) {
    job.unreadable ??= asError(error);
    return undefined as T;
  }
}

const TAKE: Record<string, (job: JobSnapshot, value: string, codec?: Codec) => void> = {
  attemptsStarted: (job, value) => (job.attemptsStarted = Number(value)),
  attemptsMade: (job, value) => (job.attemptsMade = Number(value)),
  stalls: (job, value) => (job.stalledCounter = Number(value)),
  processedOn: (job, value) => (job.processedOn = Number(value)),
  processedBy: (job, value) => (job.processedBy = value),
  finishedOn: (job, value) => (job.finishedOn = Number(value)),
  result: (job, value, codec) => (job.returnvalue = readValue(job, 'The result', value, codec)),
  failedReason: (job, value) => (job.failedReason = decodeJson(value)),
  stack: (job, value) => (job.stacktrace = decodeJson(value)),
  progress: (job, value, codec) => (job.progress = readValue(job, 'Progress', value, codec)),
  priority: (job, value) => (job.priority = Number(value)),
  delay: (job, value) => (job.delay = Number(value)),
  deferred: (job, value) => (job.deferredFailure = decodeJson(value)),
  parent: (job, value) => {
    const { prefix, queueName, id } = parseRef(value.slice(1));
    job.parent = { id, queueKey: `${prefix}:${queueName}` };
  },
};
