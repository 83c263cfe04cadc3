import type { Telemetry as EngineTelemetry, Trace, TracedWork } from '../../job/telemetry.js';
import { SpanKind } from './telemetry-names.js';

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

/** BullMQ's interface as the engine's; what is the engine's already stays as it is. */
export function telemetryOf(given: Telemetry | EngineTelemetry | undefined): EngineTelemetry | undefined {
  if (!given || 'begin' in given) {
    return given;
  }
  let adapter = adapters.get(given);
  if (!adapter) {
    adapter = { begin: (work) => beginSpan(given, work) };
    adapters.set(given, adapter);
  }
  return adapter;
}

function beginSpan({ tracer, contextManager, meter }: Telemetry, work: TracedWork): Trace {
  const { name, kind, queue, operation } = describe(work);
  const active: unknown = contextManager.active();
  const metadata = 'metadata' in work ? work.metadata : undefined;
  const parent: unknown = metadata === undefined ? active : contextManager.fromMetadata(active, metadata);
  const span = tracer.startSpan(name, { kind }, parent);
  const context: unknown = span.setSpanOnContext(parent);
  span.setAttributes({
    'bullmq.queue.name': queue,
    'bullmq.queue.operation': operation,
    ...attributesOf(work),
  });
  return {
    metadata: contextManager.getMetadata(context),
    with: (run) => contextManager.with(context, run),
    added: (ids) => span.setAttributes({ 'bullmq.job.ids': [...ids] }),
    fail: (error) => span.recordException(error instanceof Error ? error : String(error)),
    end: (outcome) => {
      if (work.kind === 'process') {
        if (outcome === 'completed') span.addEvent('job completed');
        if (outcome === 'failed' || outcome === 'retried') span.addEvent('job failed');
        const counted = COUNTERS[outcome];
        if (counted) {
          const attributes = { 'bullmq.queue.name': queue, 'bullmq.job.name': work.job.name };
          meter?.createCounter(counted).add(1, attributes);
        }
      }
      span.end();
    },
  };
}

const COUNTERS: Partial<Record<string, string>> = {
  completed: 'bullmq.jobs.completed',
  failed: 'bullmq.jobs.failed',
  retried: 'bullmq.jobs.retried',
};

function describe(work: TracedWork): { name: string; kind: SpanKind; queue: string; operation: string } {
  if (work.kind === 'add') {
    const operation = work.count > 1 ? 'addBulk' : 'add';
    const target =
      work.jobName === undefined || work.count > 1 ? work.queueName : `${work.queueName}.${work.jobName}`;
    return { name: `${operation} ${target}`, kind: SpanKind.PRODUCER, queue: work.queueName, operation };
  }
  if (work.kind === 'schedule') {
    const { queueName: queue, jobName } = work;
    return { name: `add ${queue}.${jobName}`, kind: SpanKind.PRODUCER, queue, operation: 'add' };
  }
  if (work.kind === 'signal') {
    return {
      ...{ name: `signal ${work.queueName}`, kind: SpanKind.PRODUCER },
      ...{ queue: work.queueName, operation: 'signal' },
    };
  }
  const { queueName: queue } = work.job;
  const kind = work.kind === 'process' ? SpanKind.CONSUMER : SpanKind.INTERNAL;
  return { name: `${work.kind} ${queue}`, kind, queue, operation: work.kind };
}

function attributesOf(work: TracedWork): Attributes {
  if (work.kind === 'add') {
    return work.count > 1 ? { 'bullmq.job.bulk.count': work.count } : { 'bullmq.job.name': work.jobName };
  }
  if (work.kind === 'schedule') {
    return { 'bullmq.job.name': work.jobName, 'bullmq.job.scheduler.id': work.schedulerId };
  }
  if (work.kind === 'signal') {
    return { 'bullmq.job.id': work.jobId };
  }
  const { id, name, attemptsMade } = work.job;
  return {
    ...{ 'bullmq.job.id': id, 'bullmq.job.name': name, 'bullmq.job.attempts.made': attemptsMade },
    ...(work.kind === 'process' ? { 'bullmq.worker.id': work.workerId } : {}),
  };
}
