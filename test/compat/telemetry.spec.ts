import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { propagation } from '@opentelemetry/api';
import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { type Bench, expectSame, until } from './both.js';

interface Told {
  name: string;
  kind: number;
  parent: string | undefined;
  attributes: Record<string, unknown>;
  events: unknown[];
  errors: string[];
  ended: boolean;
}

/** Telemetry by BullMQ's interface that keeps what it was told; a context is the name of a span. */
function recorder(): { telemetry: Telemetry<string>; spans: Told[]; measures: unknown[] } {
  const spans: Told[] = [];
  const measures: unknown[] = [];
  const current = new AsyncLocalStorage<string>();
  const instrument = (kind: string) => (name: string, options: unknown) => ({
    add: (value: number, attributes: unknown) => measures.push([kind, name, value, attributes, options]),
    record: (value: number, attributes: unknown) =>
      measures.push([kind, name, typeof value, attributes, options]),
  });
  const telemetry = {
    tracer: {
      startSpan: (name, options, parent) => {
        const told: Told = {
          ...{ name, kind: options!.kind, parent, attributes: {}, events: [], errors: [], ended: false },
        };
        spans.push(told);
        return {
          setSpanOnContext: () => name,
          setAttribute: (key, value) => void (told.attributes[key] = value),
          setAttributes: (attributes) => void Object.assign(told.attributes, attributes),
          addEvent: (event, attributes) => void told.events.push([event, attributes]),
          recordException: (error) => void told.errors.push((error as Error).message),
          end: () => void (told.ended = true),
        };
      },
    },
    contextManager: {
      with: (now, run) => current.run(now as string, run) as never,
      active: () => current.getStore() as string,
      getMetadata: (now) => String(now),
      fromMetadata: (_active, metadata) => metadata,
    },
    meter: {
      createCounter: instrument('counter'),
      createHistogram: instrument('histogram'),
      createGauge: instrument('gauge'),
    },
  } as Telemetry<string>;
  return { telemetry, spans, measures };
}

/** A span without what is new in each run. */
function shown({ parent, attributes, ...told }: Told): unknown {
  const { 'bullmq.worker.id': worker, ...rest } = attributes;
  const kept = Object.entries(rest)
    .map(([key, value]) => [key, key.endsWith('imestamp') ? typeof value : value])
    .filter(([, value]) => value !== undefined)
    .toSorted();
  const belongs = told.kind === 4 ? parent : undefined;
  return [told, belongs, typeof worker, Object.fromEntries(kept)];
}

const byText = (list: unknown[]): unknown[] => list.map((each) => JSON.stringify(each)).toSorted();

describe('telemetry by the interface of BullMQ', () => {
  it('has the same spans of what is asked of a queue', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const { telemetry, spans, measures } = recorder();
      const queue = use(new lib.Queue(name, { ...opts, telemetry }));
      const flows = use(new lib.FlowProducer({ ...opts, telemetry }));
      await queue.add('a', { x: 1 }, { jobId: 'a', deduplication: { id: 'd' } });
      await queue.addBulk([
        { name: 'b', data: {}, opts: { jobId: 'b' } },
        { name: 'c', data: {}, opts: { jobId: 'c', delay: 60_000 } },
      ]);
      await queue.pause();
      await queue.resume();
      await queue.rateLimit(5);
      await queue.updateJobProgress('a', { at: 5 });
      await queue.removeDeduplicationKey('d');
      await queue.promoteJobs({ count: 2 });
      await queue.remove('b');
      await queue.remove('none', { removeChildren: false });
      await queue.drain();
      await queue.drain(true);
      await queue.trimEvents(10);
      await queue.clean(0, 10, 'completed');
      await queue.retryJobs({ state: 'failed' });
      await queue.upsertJobScheduler('s', { every: 60_000, startDate: 4_102_444_800_000 }, { name: 'n' });
      await queue.removeJobScheduler('s');
      await queue.recordJobCountsMetric('waiting', 'active');
      const tree = (jobId: string, children: object[] = []) => ({
        ...{ name: jobId, queueName: name, opts: { jobId } },
        ...(children.length > 0 ? { children: children as never } : {}),
      });
      await flows.add(tree('top', [tree('one'), tree('two', [tree('three')])]));
      await flows.addBulk([tree('root'), tree('other', [tree('below')])]);
      await queue.add('refused', {}, { jobId: '12' }).catch(() => {});
      await queue.obliterate();
      await queue.resume();
      await queue.close();
      // What a refusal says is each one's own.
      spans.forEach((span) => (span.errors = span.errors.map(() => 'an error')));
      return [spans.map(shown), measures];
    }));

  it('has the same spans and counts of runs', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const { telemetry, spans, measures } = recorder();
      const queue = use(new lib.Queue(name, { ...opts, telemetry }));
      const worker = use(
        new lib.Worker(
          name,
          async (job, token) => {
            if (job.name === 'bad') throw new Error('as told');
            const isFirst = job.attemptsStarted === 1;
            if (job.name === 'again' && isFirst) throw new Error('again');
            if (job.name === 'later' && isFirst) throw new Error('later');
            if (job.name === 'moved' && isFirst) {
              await job.moveToDelayed(Date.now() + 5, token);
              throw new lib.DelayedError();
            }
            if (job.name === 'front' && isFirst) {
              await job.moveToWait(token);
              throw new lib.WaitingError();
            }
            return { ok: job.name };
          },
          { ...opts, telemetry, autorun: false, name: 'w', lockRenewTime: 29_000 },
        ),
      );
      const jobs: Record<string, object> = {
        ...{ good: {}, bad: {}, again: { attempts: 2 }, later: { attempts: 2, backoff: 5 } },
        ...{ moved: {}, front: {}, plain: { telemetry: { omitContext: true } } },
      };
      void worker.run();
      for (const [job, jobOpts] of Object.entries(jobs)) {
        await queue.add(job, {}, { jobId: job, ...jobOpts });
      }
      await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 7);
      await until(() => measures.length === 22 && spans.every((span) => span.ended));
      await worker.close();
      const own = spans.filter((span) => !/^(startStalledCheckTimer|close) /.test(span.name));
      return [byText(own.map(shown)), byText(measures)];
    }));

  it('has the same spans of jobs by hand', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const { telemetry, spans, measures } = recorder();
      const queue = use(new lib.Queue(name, { ...opts, telemetry }));
      const worker = use(new lib.Worker(name, null, { ...opts, telemetry, drainDelay: 1 }));
      await queue.add('a', {}, { jobId: 'a', attempts: 2 });
      const job = (await worker.getNextJob('token', { block: false }))!;
      await job.moveToFailed(new Error('as told'), 'token', false);
      const again = (await worker.getNextJob('token'))!;
      await again.moveToCompleted('done', 'token', false);
      await worker.startStalledCheckTimer();
      await worker.rateLimit(1);
      await worker.close();
      const own = spans.filter((span) => !span.name.startsWith('moveStalledJobsToWait '));
      return [own.map(shown), measures];
    }));
});

/** A program with `bullmq-otel`, and what a backend gets of it. */
async function withOtel({ lib, name, opts, use }: Bench): Promise<unknown> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const measures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: measures,
    exportIntervalMillis: 3_600_000,
  });
  trace.setGlobalTracerProvider(provider);
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  try {
    const telemetry = new BullMQOtel({ tracerName: 'app', meterName: 'app', enableMetrics: true });
    const queue = use(new lib.Queue(name, { ...opts, telemetry }));
    const worker = use(
      new lib.Worker(
        name,
        async (job) =>
          trace.getTracer('app').startActiveSpan('own', (span) => {
            span.end();
            return job.data.n as number;
          }),
        { ...opts, telemetry },
      ),
    );
    await worker.waitUntilReady();
    await trace.getTracer('app').startActiveSpan('request', async (span) => {
      await queue.add('good', { n: 1 }, { jobId: 'good' });
      span.end();
    });
    const isOver = (): boolean => exporter.getFinishedSpans().some((span) => span.name === `process ${name}`);
    await until(isOver);
    await worker.close();
    await queue.recordJobCountsMetric('completed');
    await reader.forceFlush();
    const spans = exporter.getFinishedSpans();
    const nameOf = (id: string | undefined): unknown =>
      spans.find((span) => span.spanContext().spanId === id)?.name;
    const traced = new Set(spans.filter((span) => span.kind !== 0).map((span) => span.spanContext().traceId));
    return {
      // In one trace from the request on.
      traces: traced.size,
      spans: spans
        .filter((span) => /^(add|process|complete|own|request)/.test(span.name))
        .map((span) => [span.name, span.kind, nameOf(span.parentSpanContext?.spanId)])
        .toSorted(),
      measures: measures
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
        .map(({ descriptor, dataPoints }) => [descriptor.name, descriptor.unit, dataPoints.length])
        .toSorted(),
    };
  } finally {
    await reader.shutdown();
    for (const api of [trace, metrics, context, propagation]) api.disable();
  }
}

describe('bullmq-otel, unchanged', () => {
  it('has the same traces and measures', async () => {
    let ours: unknown;
    await expectSame(async (bench) => (ours = await withOtel(bench)));
    expect(ours).toMatchObject({ traces: 1 });
  });
});
