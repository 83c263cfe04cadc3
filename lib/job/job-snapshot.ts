import { type Cancellation, readCancellation } from './cancellation.js';
import { priorityIn } from './group.js';
import type { Codec } from './codec.js';
import { asError } from './job-failure.js';
import { UnreadableValueError } from './errors.js';
import type { JobJson } from './job-json.js';
import { lifeId } from './job-life.js';
import { decodeValue, encodeJson, parseStored } from './json.js';
import type { JobsOptions } from './job-options.js';
import type { JobProgress } from './job-progress.js';
import type { JobFields, JobRecord } from './job-record.js';
import { parseRef } from './job-ref.js';

/** What is known of a job: as it was when this object was made, and what it did itself since then. */
export abstract class JobSnapshot<
  D = any,
  R = any,
  N extends string = string,
  P extends JobProgress = JobProgress,
> {
  /** Given by the queue: a rising number, or the `jobId` option. */
  id: string;
  readonly name: N;
  data: D;
  readonly opts: JobsOptions;
  /** Creation time, milliseconds since 1970 by Redis' clock. */
  timestamp: number;
  /** Milliseconds of delay that a delayed job was given; 0 once it is over. In `failed`, the pause before the next attempt. */
  delay: number;
  priority: number;
  progress: P;
  /** Result of a completed job; null before. */
  returnvalue: R;
  /** Tries that have ended, whatever their outcome. */
  attemptsMade = 0;
  /** Times that a worker was given the job. */
  attemptsStarted = 0;
  /** Times that the job was taken back from a worker whose lock had expired, since its last completed step or retry by hand. */
  stalledCounter = 0;
  /** Message of the last failed attempt; null after `retry`. */
  failedReason: string | null | undefined = undefined;
  /** Stack traces of failed attempts, oldest first. */
  stacktrace: string[] = [];
  /** When a worker was given the job last, ms; null after `retry`. */
  processedOn: number | null | undefined = undefined;
  /** When the job came to its end, ms; null after `retry`. */
  finishedOn: number | null | undefined = undefined;
  /** Name of the worker that was given the job last. */
  processedBy: string | undefined = undefined;
  /** @internal Which life of its id is meant, see `lifeId`; undefined where that is not known. */
  life: number | undefined = undefined;
  /** @internal What is stored of its steps, among the other fields; undefined where there are none. */
  stepFields: JobFields | undefined = undefined;
  /** @internal How many of its children were pending when it was read; undefined where it never had any. */
  pendingChildren: number | undefined = undefined;
  /** Lock under which this object may write. */
  token: string | undefined = undefined;
  /**
   * Why a part of what is stored could not be read, by the queue's codec or at all; that part is undefined or empty then. A
   * worker that is given such a job fails it.
   */
  unreadable: Error | undefined = undefined;
  /** Why the job fails at its next start without being run: a child has failed. */
  deferredFailure: string | undefined = undefined;
  /** Set once somebody has cancelled the job; it fails then, or has failed, for that. */
  cancellation: Cancellation | undefined = undefined;
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
    this.priority = opts.group?.priority ?? opts.priority ?? 0;
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

  /** Id of the group that it belongs to. */
  get gid(): string | undefined {
    const id = this.opts.group?.id;
    return id === undefined ? undefined : String(id);
  }

  /** What makes it the same as another job; see the option `deduplication`. */
  get deduplicationId(): string | undefined {
    return this.opts.deduplication?.id;
  }

  /** Id of the scheduler that made the job. */
  get repeatJobKey(): string | undefined {
    return this.opts.repeat && /^repeat:(.+):\d+$/.exec(this.id)?.[1];
  }

  /** What `JSON.stringify` makes of it, and so a response: all that this object knows, data and result included. */
  toJSON(): Record<string, unknown> {
    const { id, name, data, opts, timestamp, delay, priority, progress, returnvalue, stacktrace } = this;
    const { attemptsMade, attemptsStarted, stalledCounter, failedReason, deferredFailure } = this;
    const { processedOn, finishedOn, processedBy, parent, parentKey, deduplicationId, repeatJobKey, token } =
      this;
    return {
      ...{ name, data, opts, id, progress, returnvalue, stacktrace, delay, priority, timestamp },
      ...{ attemptsStarted, attemptsMade, stalledCounter, failedReason, deferredFailure },
      ...{ finishedOn, processedOn, processedBy, parentKey, parent, deduplicationId, repeatJobKey, token },
      queueQualifiedName: this.queueQualifiedName,
    };
  }

  /** Name of the queue with its prefix, as children name the queue of their parent. */
  abstract get queueQualifiedName(): string;

  /** For another process or a file; `Job.fromJSON` reads it. */
  asJSON(): JobJson {
    const { id, name, opts, progress, attemptsMade, attemptsStarted, stalledCounter, timestamp } = this;
    const { delay, priority, processedBy, deferredFailure, parent, parentKey, deduplicationId, token } = this;
    const { repeatJobKey } = this;
    return {
      ...{ id, name, opts, progress, attemptsMade, attemptsStarted, stalledCounter, timestamp },
      ...{
        delay,
        priority,
        processedBy,
        deferredFailure,
        parent,
        parentKey,
        deduplicationId,
        token,
        repeatJobKey,
      },
      data: encodeJson('Job data', this.data, '{}', this.codec),
      returnvalue: encodeJson('The result', this.returnvalue, 'null', this.codec),
      stacktrace: JSON.stringify(this.stacktrace),
      failedReason: this.failedReason ?? undefined,
      finishedOn: this.finishedOn ?? undefined,
      processedOn: this.processedOn ?? undefined,
    };
  }

  /** @internal How the values of the queue are stored. */
  abstract get codec(): Codec | undefined;

  /** @internal Takes over what `asJSON` has written down. */
  protected takeJson(json: JobJson, codec?: Codec): void {
    this.progress = json.progress as P;
    this.attemptsMade = json.attemptsMade;
    this.attemptsStarted = json.attemptsStarted;
    this.stalledCounter = json.stalledCounter;
    this.delay = json.delay ?? this.delay;
    this.priority = json.priority ?? this.priority;
    this.finishedOn = json.finishedOn;
    this.processedOn = json.processedOn;
    this.processedBy = json.processedBy;
    this.failedReason = json.failedReason;
    this.deferredFailure = json.deferredFailure;
    this.parent = json.parent ?? this.parent;
    this.token = json.token;
    if (json.stacktrace) this.stacktrace = textsIn('stack', json.stacktrace);
    if (json.returnvalue) this.returnvalue = readValue(this, 'The result', json.returnvalue, codec);
  }

  /** @internal Takes over what is stored. A record with a token was granted just now; its fields are those from before. */
  protected take({ fields, token }: JobRecord, codec?: Codec): void {
    this.token = token;
    // Whatever it was added with: a parent that no longer waits for it is none.
    this.parent = undefined;
    for (const name in fields) {
      const take = TAKE[name];
      if (take) {
        this.takeField(take, (fields as Record<string, string>)[name] as string, codec);
      } else if (name.startsWith('step')) {
        this.stepFields = fields;
      }
    }
    if (token !== undefined) {
      this.attemptsStarted += 1;
    }
    if (token !== undefined || (fields.state !== undefined && fields.state !== 'delayed')) {
      // What is stored is the delay that it was given last.
      this.delay = 0;
    }
  }

  private takeField(take: Take, value: string, codec?: Codec): void {
    try {
      take(this, value, codec);
    } catch (error) {
      this.unreadable ??= asError(error);
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

type Take = (job: JobSnapshot, value: string, codec?: Codec) => void;

function numberIn(field: string, text: string): number {
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) {
    throw new UnreadableValueError(`The field ${field} of the job`, 'it is not a number.');
  }
  return value;
}

function textIn(field: string, json: string): string {
  const value = parseStored(`The field ${field} of the job`, json);
  if (typeof value !== 'string') {
    throw new UnreadableValueError(`The field ${field} of the job`, 'it is not a text.');
  }
  return value;
}

function textsIn(field: string, json: string): string[] {
  const value = parseStored(`The field ${field} of the job`, json);
  if (!Array.isArray(value) || value.some((text) => typeof text !== 'string')) {
    throw new UnreadableValueError(`The field ${field} of the job`, 'it is not a list of texts.');
  }
  return value as string[];
}

/** How a child counts, the base of its parent's queue, and its parent's id; `read_link` in lua/shared/notify-parent.lua is the same. */
const LINK = /^.[^\t]*(?:[^\t]:\{[^{}\t]*\}:|~:)\t./s;

const TAKE: Record<string, Take> = {
  attemptsStarted: (job, value) => (job.attemptsStarted = numberIn('attemptsStarted', value)),
  attemptsMade: (job, value) => (job.attemptsMade = numberIn('attemptsMade', value)),
  stalls: (job, value) => (job.stalledCounter = numberIn('stalls', value)),
  processedOn: (job, value) => (job.processedOn = numberIn('processedOn', value)),
  processedBy: (job, value) => (job.processedBy = value),
  finishedOn: (job, value) => (job.finishedOn = numberIn('finishedOn', value)),
  result: (job, value, codec) => (job.returnvalue = readValue(job, 'The result', value, codec)),
  failedReason: (job, value) => (job.failedReason = textIn('failedReason', value)),
  stack: (job, value) => (job.stacktrace = textsIn('stack', value)),
  progress: (job, value, codec) => (job.progress = readValue(job, 'Progress', value, codec)),
  priority: (job, value) => (job.priority = numberIn('priority', priorityIn(value))),
  delay: (job, value) => (job.delay = numberIn('delay', value)),
  deferred: (job, value) => (job.deferredFailure = textIn('deferred', value)),
  pending: (job, value) => (job.pendingChildren = numberIn('pending', value)),
  failedChildren: (_job, value) => void numberIn('failedChildren', value),
  promised: (_job, value) => void numberIn('promised', value),
  cancelled: (job, value) => (job.cancellation = readCancellation(value)),
  parent: (job, value) => {
    if (!LINK.test(value)) {
      throw new UnreadableValueError('The field parent of the job', 'it names no job.');
    }
    const { prefix, queueName, id } = parseRef(value.slice(1));
    job.parent = { id, queueKey: `${prefix}:${queueName}` };
  },
};
