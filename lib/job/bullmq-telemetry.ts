import type { SpanKind } from './telemetry-names.js';

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

/**
 * BullMQ's interface for tracing. The option `telemetry` takes it too, so that its adapters work as they are.
 *
 * @example
 * const telemetry = new BullMQOtel({ tracerName: 'shop' }); // of bullmq-otel
 * const orders = new Queue('orders', { connection, telemetry });
 */
export interface BullMQTelemetry<Context = any> {
  tracer: Tracer<Context>;
  contextManager: ContextManager;
  meter?: Meter;
}
