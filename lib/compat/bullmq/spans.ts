import type { JobsOptions } from '../../job/job-options.js';
import type { JobStore } from '../../job/job-store.js';
import type { Telemetry } from '../../job/telemetry.js';
import { countMove, type Counted } from '../../job/count-move.js';
import type { Attributes, BullMQTelemetry, Span } from '../../job/bullmq-telemetry.js';
import { isBullMQTelemetry } from '../../job/telemetry-of.js';
import { SpanKind, TelemetryAttributes } from '../../job/telemetry-names.js';

/** What is done, besides adding and running jobs. */
export interface SpanOptions {
  attributes?: Attributes;
  /** Default: internal. */
  kind?: SpanKind;
  /** What stands behind the operation in the span's name. Default: the queue. */
  destination?: string;
  queueName?: string;
}

/** The span of what is being done, and what jobs carry that are added by it. */
export interface Work {
  span: Span;
  context: unknown;
  metadata: string;
}

const byStore = new WeakMap<object, Spans>();

/** Spans for what is done by and to a queue, by BullMQ's interface. */
export class Spans {
  private constructor(
    private readonly telemetry: BullMQTelemetry,
    private readonly queueName: string,
    private readonly own: Attributes,
  ) {}

  /** None where no telemetry is given, or that of the engine, which has none of these. */
  static of(
    telemetry: BullMQTelemetry | Telemetry | undefined,
    queueName: string,
    own: Attributes = {},
  ): Spans | undefined {
    return telemetry && isBullMQTelemetry(telemetry) ? new Spans(telemetry, queueName, own) : undefined;
  }

  /** Those of the queue that a job was read from. */
  static ofStore(store: JobStore): Spans | undefined {
    return byStore.get(store);
  }

  /** The jobs of this store belong here. */
  belongTo(store: JobStore): void {
    byStore.set(store, this);
  }

  /** Does the work within a span. */
  async run<T>(operation: string, options: SpanOptions, work: (now: Work) => Promise<T>): Promise<T> {
    const now = this.open(operation, options);
    try {
      return await this.telemetry.contextManager.with(now.context, () => work(now));
    } catch (error) {
      now.span.recordException(error instanceof Error ? error : String(error));
      throw error;
    } finally {
      now.span.end();
    }
  }

  /** Begins a span, which the caller ends. */
  open(operation: string, options: SpanOptions): Work {
    const { contextManager } = this.telemetry;
    const parent: unknown = contextManager.active();
    const span = this.begin(operation, options, parent);
    const context: unknown = span.setSpanOnContext(parent);
    return { span, context, metadata: contextManager.getMetadata(context) };
  }

  /** A span of what is over, below what a job carries where it carries anything. */
  note(operation: string, attributes: Attributes, metadata?: string): void {
    const { contextManager } = this.telemetry;
    const active: unknown = contextManager.active();
    this.begin(
      operation,
      { attributes },
      metadata === undefined ? active : contextManager.fromMetadata(active, metadata),
    ).end();
  }

  /** Counts that a run has ended, and how. */
  count(job: Counted, state: Parameters<typeof countMove>[2]): void {
    countMove(this.telemetry, job, state);
  }

  /** Sets how many jobs there are in these states. */
  gauge(counts: Record<string, number>): void {
    const gauge = this.telemetry.meter?.createGauge('bullmq.queue.jobs', {
      description: 'Number of jobs in the queue by state',
      unit: '{jobs}',
    });
    for (const [state, count] of Object.entries(counts)) {
      gauge?.record(count, {
        [TelemetryAttributes.QueueName]: this.queueName,
        [TelemetryAttributes.QueueJobsState]: state,
      });
    }
  }

  private begin(operation: string, options: SpanOptions, parent: unknown): Span {
    const { attributes = {}, kind = SpanKind.INTERNAL, queueName = this.queueName } = options;
    const { destination = queueName } = options;
    const name = destination === '' ? operation : `${operation} ${destination}`;
    const span = this.telemetry.tracer.startSpan(name, { kind }, parent);
    span.setAttributes({
      [TelemetryAttributes.QueueName]: queueName,
      [TelemetryAttributes.QueueOperation]: operation,
      ...this.own,
      ...attributes,
    });
    return span;
  }
}

/** Options without BullMQ's telemetry, whose spans are made here and not by the engine. */
export function spanless<T extends { telemetry?: unknown }>(options: T | undefined): T | undefined {
  const { telemetry, ...rest } = options ?? {};
  const isOfEngine = typeof telemetry === 'object' && telemetry !== null && 'begin' in telemetry;
  return telemetry === undefined || isOfEngine ? options : (rest as unknown as T);
}

/** Job options that carry the context of a span, unless they say otherwise. */
export function carrying<T extends JobsOptions>(opts: T | undefined, metadata: string): T {
  const { telemetry } = opts ?? {};
  const isSaid = telemetry?.metadata !== undefined || telemetry?.omitContext === true;
  return (isSaid ? opts : { ...opts, telemetry: { ...telemetry, metadata } }) as T;
}

/** Does the work within a span, or simply does it. */
export function inSpan<T>(
  spans: Spans | undefined,
  operation: string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  return spans ? spans.run(operation, { attributes }, work) : work();
}
