import type { Job } from '../../job/job.js';
import type {
  Telemetry as EngineTelemetry,
  Trace,
  TracedEnd,
  TracedOutcome,
  TracedWork,
  Upkeep,
} from '../../job/telemetry.js';
import { countMove } from './job-meters.js';
import { SpanKind, TelemetryAttributes } from './telemetry-names.js';

export type AttributeValue =
  | string
  | number
  | boolean
  | (null | undefined | string)[]
  | (null | undefined | number)[]
  | (null | undefined | boolean)[];

export interface Attributes {
  [attribute: string]: AttributeValue | undefined;
}

export type Time = [number, number] | number | Date;

export type ExceptionType = { code?: string | number; name?: string; message?: string; stack?: string };

export type Exception = string | ExceptionType;

export interface Span<Context = any> {
  setSpanOnContext(ctx: Context): Context;
  setAttribute(key: string, value: AttributeValue): void;
  setAttributes(attributes: Attributes): void;
  addEvent(name: string, attributes?: Attributes): void;
  recordException(exception: Exception, time?: Time): void;
  end(): void;
}

export interface SpanOptions {
  kind: SpanKind;
}

export interface Tracer<Context = any> {
  startSpan(name: string, options?: SpanOptions, context?: Context): Span;
}

export interface ContextManager<Context = any> {
  with<A extends (...args: any[]) => any>(context: Context, fn: A): ReturnType<A>;
  active(): Context;
  root?(): Context;
  getMetadata(context: Context): string;
  fromMetadata(activeContext: Context, metadata: string): Context;
}

export interface MetricOptions {
  description?: string;
  unit?: string;
}

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface Gauge {
  record(value: number, attributes?: Attributes): void;
}

export interface Meter {
  createCounter(name: string, options?: MetricOptions): Counter;
  createHistogram(name: string, options?: MetricOptions): Histogram;
  createGauge(name: string, options?: MetricOptions): Gauge;
}

/** BullMQ's interface for tracing, such as that of bullmq-otel. */
export interface Telemetry<Context = any> {
  tracer: Tracer<Context>;
  contextManager: ContextManager;
  meter?: Meter;
}

const adapters = new WeakMap<object, EngineTelemetry>();

/** BullMQ's interface as the engine's, for what workers do; what is the engine's already stays as it is. */
export function telemetryOf(given: Telemetry | EngineTelemetry | undefined): EngineTelemetry | undefined {
  if (!given || 'begin' in given) {
    return given;
  }
  let adapter = adapters.get(given);
  if (!adapter) {
    adapter = {
      begin: (work) => (work.kind === 'process' ? beginRun(given, work) : UNTRACED),
      upkeep: (work) => beginUpkeep(given, work),
    };
    adapters.set(given, adapter);
  }
  return adapter;
}

const UNTRACED: Trace = { with: (work) => work(), fail: () => {}, end: () => {} };

/** The span of a run, below what the job carries. */
function beginRun(given: Telemetry, work: Extract<TracedWork, { kind: 'process' }>): Trace {
  const { tracer, contextManager } = given;
  const { job } = work;
  const active: unknown = contextManager.root?.() ?? contextManager.active();
  const parent: unknown =
    work.metadata === undefined ? active : contextManager.fromMetadata(active, work.metadata);
  const span = tracer.startSpan(`process ${job.queueName}`, { kind: SpanKind.CONSUMER }, parent);
  const context: unknown = span.setSpanOnContext(parent);
  span.setAttributes({
    [TelemetryAttributes.QueueName]: job.queueName,
    [TelemetryAttributes.QueueOperation]: 'process',
    [TelemetryAttributes.WorkerId]: work.workerId,
    [TelemetryAttributes.WorkerName]: job.processedBy,
    [TelemetryAttributes.JobId]: job.id,
    [TelemetryAttributes.JobName]: job.name,
  });
  return {
    with: (run) => contextManager.with(context, run),
    // Told by an event, and by what the run came to.
    fail: () => {},
    end: (outcome, what = {}) => {
      endRun(span, job, outcome, what);
      contextManager.with(context, () => noteEnd(given, job, howEnded(outcome, what.delayMs)));
      span.end();
    },
  };
}

/** What the run brought is not written yet, nor counted. */
function endRun(span: Span, job: Job, outcome: TracedOutcome, { result, reason }: TracedEnd): void {
  if (outcome === 'completed') {
    span.addEvent('job completed', { [TelemetryAttributes.JobResult]: result });
  } else if (outcome === 'failed' || outcome === 'retried') {
    span.addEvent('job failed', { [TelemetryAttributes.JobFailedReason]: reason });
  }
  span.setAttributes({
    ...(outcome === 'moved' || outcome === 'lost'
      ? {}
      : { [TelemetryAttributes.JobAttemptsMade]: job.attemptsMade + 1 }),
    [TelemetryAttributes.JobAttemptFinishedTimestamp]: job.runtime.now(),
    [TelemetryAttributes.JobProcessedTimestamp]: job.processedOn ?? undefined,
  });
}

/** A run that ends by itself is written with others, so that its span has no length. */
function noteEnd(given: Telemetry, job: Job, how: ReturnType<typeof howEnded>): void {
  if (!how) {
    return;
  }
  const [operation, state] = how;
  const { tracer, contextManager } = given;
  const span = tracer.startSpan(
    `${operation} ${job.queueName}`,
    { kind: SpanKind.INTERNAL },
    contextManager.active(),
  );
  span.setAttributes({
    [TelemetryAttributes.QueueName]: job.queueName,
    [TelemetryAttributes.QueueOperation]: operation,
    [TelemetryAttributes.JobName]: job.name,
    [TelemetryAttributes.JobId]: job.id,
  });
  span.end();
  countMove(given, job, state);
}

/** The operation that ended a run, and what is counted for it. */
export function howEnded(
  outcome: TracedOutcome,
  delayMs = 0,
): readonly [operation: string, state: 'completed' | 'failed' | 'retried' | 'delayed'] | undefined {
  if (outcome === 'completed') return ['complete', 'completed'];
  if (outcome === 'failed') return ['fail', 'failed'];
  if (outcome === 'retried') return delayMs > 0 ? ['delay', 'delayed'] : ['retry', 'retried'];
  return undefined;
}

const UPKEEP = { 'find-stalled': 'moveStalledJobsToWait', 'renew-locks': 'extendLocks' } as const;

function beginUpkeep(
  { tracer, contextManager }: Telemetry,
  { kind, queueName, workerId, workerName, jobIds }: Upkeep,
): (found: readonly string[]) => void {
  const operation = UPKEEP[kind];
  const span = tracer.startSpan(
    `${operation} ${queueName}`,
    { kind: SpanKind.INTERNAL },
    contextManager.active(),
  );
  span.setAttributes({
    [TelemetryAttributes.QueueName]: queueName,
    [TelemetryAttributes.QueueOperation]: operation,
    [TelemetryAttributes.WorkerId]: workerId,
    ...(workerName === undefined ? {} : { [TelemetryAttributes.WorkerName]: workerName }),
    ...(jobIds ? { [TelemetryAttributes.WorkerJobsToExtendLocks]: [...jobIds] } : {}),
  });
  return (found) => {
    if (kind === 'find-stalled') {
      span.setAttribute(TelemetryAttributes.WorkerStalledJobs, [...found]);
    }
    span.end();
  };
}
