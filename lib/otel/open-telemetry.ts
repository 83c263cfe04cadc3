import {
  type Context,
  context,
  type Link,
  type MeterProvider,
  metrics,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { MeasuredQueue, Telemetry, Trace, TracedOutcome, TracedWork } from '../job/telemetry.js';
import { describeWork, idAttribute, queueOf, type TelemetryNames } from './describe-work.js';
import { JobMeters } from './job-meters.js';
import { readMetadata, writeMetadata } from './trace-metadata.js';

export type { TelemetryNames };

export interface OpenTelemetryOptions {
  /** Names of spans, attributes and metrics. Default `stepwell`: the semantic conventions of messaging. */
  names?: TelemetryNames;
  /** Default: the one that the process has registered. */
  tracerProvider?: TracerProvider;
  /** Default: the one that the process has registered. */
  meterProvider?: MeterProvider;
}

const SCOPE = 'stepwell';
/** Runs that a job may go on from are remembered for a link, so many at most. */
const REMEMBERED_RUNS = 1000;

/**
 * Traces and metrics of jobs by OpenTelemetry, for the option `telemetry` of queues, workers and flow producers. A job belongs to
 * the trace of what added it, in whatever process it runs and however much later: its runs, their steps and what undoes them, and the
 * jobs that they add. Set the SDK up before.
 *
 * @example
 * const telemetry = openTelemetry();
 * const orders = new Queue('orders', { connection, telemetry });
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  return new OpenTelemetry(options);
}

class OpenTelemetry implements Telemetry {
  private readonly names: TelemetryNames;
  private readonly tracer: Tracer;
  private readonly meters: JobMeters;
  private readonly lastRuns = new Map<string, SpanContext>();

  constructor({ names = 'stepwell', tracerProvider = trace, meterProvider = metrics }: OpenTelemetryOptions) {
    this.names = names;
    this.tracer = tracerProvider.getTracer(SCOPE);
    this.meters = new JobMeters(meterProvider.getMeter(SCOPE), names);
  }

  measure(queue: MeasuredQueue): () => void {
    return this.meters.measure(queue);
  }

  begin(work: TracedWork): Trace {
    const { name, kind, attributes } = describeWork(work, this.names);
    // A run begins wherever its worker happens to be: what it belongs to is what the job carries.
    const parent = work.kind === 'process' ? readMetadata(work.metadata) : context.active();
    const links = this.linksOf(work);
    const span = this.tracer.startSpan(name, { kind, attributes, links }, parent);
    const own = trace.setSpan(parent, span);
    if (work.kind === 'process') {
      const { timestamp, opts, processedOn, attemptsStarted } = work.job;
      const waitMs = attemptsStarted === 1 ? (processedOn ?? 0) - timestamp - (opts.delay ?? 0) : undefined;
      this.meters.began(queueOf(work), work.job.name, waitMs);
    }
    return this.traceOf(work, span, own);
  }

  private traceOf(work: TracedWork, span: Span, own: Context): Trace {
    const runtime = work.kind === 'process' ? work.job.runtime : undefined;
    const startedMs = runtime?.monotonicMs() ?? 0;
    let error: string | undefined;
    return {
      metadata: work.kind === 'add' ? writeMetadata(own) : undefined,
      with: (run) => context.with(own, run),
      added: (ids) => {
        if (ids.length === 1) span.setAttribute(idAttribute(this.names), ids[0]!);
      },
      fail: (thrown) => {
        const failure = thrown instanceof Error ? thrown : new Error(String(thrown));
        error = failure.name;
        span.recordException(failure);
        span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
        span.setAttribute('error.type', failure.name);
      },
      end: (outcome) => {
        this.record(work, span, { outcome, tookMs: (runtime?.monotonicMs() ?? 0) - startedMs, error });
        span.end();
      },
    };
  }

  private record(
    work: TracedWork,
    span: Span,
    end: { outcome: TracedOutcome; tookMs: number; error: string | undefined },
  ): void {
    if (work.kind === 'add' && end.outcome === 'completed') {
      this.meters.added(queueOf(work), work.jobName, work.count);
    } else if (work.kind === 'process') {
      span.setAttribute('stepwell.job.outcome', end.outcome);
      this.meters.over(queueOf(work), work.job.name, end);
      this.remember(work, span, end.outcome);
    }
  }

  /** A run is linked to the one that it goes on from, where that was here; a signal to the job that it is for. */
  private linksOf(work: TracedWork): Link[] {
    const linked =
      work.kind === 'process'
        ? this.lastRuns.get(keyOf(work))
        : work.kind === 'signal'
          ? trace.getSpanContext(readMetadata(work.metadata))
          : undefined;
    return linked ? [{ context: linked }] : [];
  }

  private remember(work: Extract<TracedWork, { kind: 'process' }>, span: Span, outcome: TracedOutcome): void {
    const key = keyOf(work);
    this.lastRuns.delete(key);
    if (outcome === 'retried' || outcome === 'moved') {
      this.lastRuns.set(key, span.spanContext());
      if (this.lastRuns.size > REMEMBERED_RUNS) {
        this.lastRuns.delete(this.lastRuns.keys().next().value!);
      }
    }
  }
}

function keyOf({ job }: Extract<TracedWork, { kind: 'process' }>): string {
  return `${job.queueQualifiedName}:${job.id}`;
}
