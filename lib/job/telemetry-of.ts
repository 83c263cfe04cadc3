import type { BullMQTelemetry, Span } from './bullmq-telemetry.js';
import { countMove } from './count-move.js';
import { describeForBullMQ } from './describe-for-bullmq.js';
import type { Job } from './job.js';
import type { Telemetry, Trace, TracedEnd, TracedOutcome, TracedWork, Upkeep } from './telemetry.js';
import { SpanKind, TelemetryAttributes } from './telemetry-names.js';

const adapters = new WeakMap<object, Telemetry>();

const KINDS = {
  add: SpanKind.PRODUCER,
  schedule: SpanKind.PRODUCER,
  signal: SpanKind.PRODUCER,
  step: SpanKind.INTERNAL,
  compensate: SpanKind.INTERNAL,
} as const;

/** BullMQ's interface as ours; what is ours already stays as it is. */
export function telemetryOf(given: BullMQTelemetry | Telemetry): Telemetry;
export function telemetryOf(given: BullMQTelemetry | Telemetry | undefined): Telemetry | undefined;
export function telemetryOf(given: BullMQTelemetry | Telemetry | undefined): Telemetry | undefined {
  if (!given || !isBullMQTelemetry(given)) {
    return given;
  }
  let adapter = adapters.get(given);
  if (!adapter) {
    adapter = {
      begin: (work) => (work.kind === 'process' ? beginRun(given, work) : beginWork(given, work)),
      upkeep: (work) => beginUpkeep(given, work),
    };
    adapters.set(given, adapter);
  }
  return adapter;
}

/** By its shape: an application has its own copy. */
export function isBullMQTelemetry(given: BullMQTelemetry | Telemetry): given is BullMQTelemetry {
  return !('begin' in given);
}

/** The span of what is asked of a queue, or of a step, below what is active. */
function beginWork(
  { tracer, contextManager }: BullMQTelemetry,
  work: Exclude<TracedWork, { kind: 'process' }>,
): Trace {
  const { name, attributes } = describeForBullMQ(work);
  const active: unknown = contextManager.active();
  const span = tracer.startSpan(name, { kind: KINDS[work.kind] }, active);
  const context: unknown = span.setSpanOnContext(active);
  span.setAttributes(attributes);
  return {
    metadata: work.kind === 'add' ? contextManager.getMetadata(context) : undefined,
    with: (run) => contextManager.with(context, run),
    added: (ids) => {
      if (ids.length === 1) span.setAttribute(TelemetryAttributes.JobId, ids[0]!);
    },
    fail: (error) => span.recordException(error instanceof Error ? error : String(error)),
    end: () => span.end(),
  };
}

/** The span of a run, below what the job carries. */
function beginRun(given: BullMQTelemetry, work: Extract<TracedWork, { kind: 'process' }>): Trace {
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
    // The event and the outcome say so.
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
function noteEnd(given: BullMQTelemetry, job: Job, how: ReturnType<typeof howEnded>): void {
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
  { tracer, contextManager }: BullMQTelemetry,
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
