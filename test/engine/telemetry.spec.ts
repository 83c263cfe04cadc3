import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
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
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { BullMQOtel } from 'bullmq-otel';
import { defer, of } from 'rxjs';
import {
  type ContextPropagator,
  defineSteps,
  type Job,
  sleep,
  type StepContext,
  UnrecoverableError,
  waitForChildren,
  waitForSignal,
} from 'stepwell/engine';
import { openTelemetry } from 'stepwell/otel';
import { EngineLab, until } from '../support/engine-lab.js';

const lab = EngineLab.open();
const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = tracerProvider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
  propagation.disable();
});
beforeEach(() => exporter.reset());

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan[] => spans().filter((span) => span.name === name);
const only = (name: string): ReadableSpan => {
  expect(spans().map((span) => span.name)).toContain(name);
  return named(name)[0]!;
};
const parentOf = (span: ReadableSpan): string | undefined =>
  spans().find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId)?.name;
const traces = (): Set<string> => new Set(spans().map((span) => span.spanContext().traceId));

/** Does something within a span, as a request would. */
function request<T>(work: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan('request', async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
}

const traceOf = (job: Job): string => /00-(\w+)-/.exec(job.opts.telemetry!.metadata!)![1]!;

const ended = async (job: Job): Promise<void> =>
  until(async () => ['completed', 'failed'].includes(await job.getState()));

describe('traces by OpenTelemetry', () => {
  const telemetry = openTelemetry({ tracerProvider });

  it('join what adds a job to its run', async () => {
    const queue = lab.queue({ telemetry });
    const seen: (string | undefined)[] = [];
    lab.worker(async () => void seen.push(trace.getActiveSpan()?.spanContext().spanId), { telemetry });
    const job = await request(() => queue.add('resize', { secret: 'cat.jpg' }));
    await ended(job);

    const [add, run] = [only(`add ${lab.name}`), only(`process ${lab.name}`)];
    expect(traces().size).toBe(1);
    expect([parentOf(add), parentOf(run)]).toEqual(['request', `add ${lab.name}`]);
    expect([add.kind, run.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
    expect(seen).toEqual([run.spanContext().spanId]);
    expect(add.attributes).toMatchObject({
      'messaging.system': 'stepwell',
      'messaging.destination.name': lab.name,
      'messaging.operation.name': 'add',
      'messaging.operation.type': 'send',
      'messaging.message.id': job.id,
    });
    expect(run.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.message.id': job.id,
      'stepwell.job.name': 'resize',
      'stepwell.job.outcome': 'completed',
    });
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('cat.jpg');
    expect(JSON.parse(job.opts.telemetry!.metadata!)).toEqual({
      traceparent: `00-${add.spanContext().traceId}-${add.spanContext().spanId}-01`,
    });
  });

  it('show the tries of a job, each linked to the one before', async () => {
    const queue = lab.queue({ telemetry });
    lab.worker(
      (job) => {
        if (job.attemptsStarted === 1) throw new TypeError('not yet');
      },
      { telemetry },
    );
    await ended(await request(() => queue.add('resize', {}, { attempts: 2 })));

    const runs = named(`process ${lab.name}`);
    expect(traces().size).toBe(1);
    expect(runs.map((run) => run.attributes['stepwell.job.outcome'])).toEqual(['retried', 'completed']);
    expect(runs[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'not yet' });
    expect(runs[0]!.attributes['error.type']).toBe('TypeError');
    expect(runs[0]!.events.map(({ name }) => name)).toEqual(['exception']);
    expect(runs[1]!.links.map((link) => link.context.spanId)).toEqual([runs[0]!.spanContext().spanId]);
    expect(runs.map(parentOf)).toEqual([`add ${lab.name}`, `add ${lab.name}`]);
  });

  it('hold all that a job of many steps does, whatever it waits for', async () => {
    const queue = lab.queue({ telemetry });
    const steps = defineSteps({
      reserve: { run: () => sleep(5), compensate: () => 'released' },
      ask: () => waitForSignal('approved'),
      split: async (_job: Job, ctx: StepContext) => {
        await ctx.addChildren([{ queueName: parts, name: 'part', data: {} }]);
        return waitForChildren();
      },
      charge: () => {
        throw new UnrecoverableError('no money');
      },
    });
    const parts = `${lab.name}-parts`;
    lab.worker(steps, { telemetry });
    lab.worker(() => {}, { telemetry }, parts);
    const trip = lab.queue({ telemetry });
    const job = await request(() => trip.add('trip', {}));
    await until(async () => (await job.getSteps()).some(({ status }) => status === 'awaiting'));
    await request(() => queue.signal(job.id, 'approved'));
    await ended(job);

    const own = spans().filter((span) => span.spanContext().traceId === traceOf(job));
    const told = own.map((span) => `${span.name} < ${parentOf(span)}`);
    const run = `process ${lab.name}`;
    expect([...new Set(told)].sort()).toEqual(
      [
        'request < undefined',
        `add ${lab.name} < request`,
        `${run} < add ${lab.name}`,
        ...['reserve', 'ask', 'split', 'charge'].map((step) => `step ${step} < ${run}`),
        `compensate reserve < ${run}`,
        `add ${parts} < step split`,
        `process ${parts} < add ${parts}`,
      ].sort(),
    );
    // Those that go on behind the sleep, the signal and the children.
    expect(named(run).map(({ links }) => links.length)).toEqual([0, 1, 1, 1]);
    expect(only('step charge').status.code).toBe(SpanStatusCode.ERROR);
  });

  it('link a signal to the job that it is for', async () => {
    const queue = lab.queue({ telemetry });
    const job = await request(() => queue.add('trip', {}));
    await request(() => queue.signal(job.id, 'approved'));

    const signal = only(`signal ${lab.name}`);
    expect(parentOf(signal)).toBe('request');
    expect(signal.links.map((link) => link.context.traceId)).toEqual([traceOf(job)]);
  });

  it('show the upsert of a job scheduler, whose jobs are in traces of their own', async () => {
    const queue = lab.queue({ telemetry });
    lab.worker(async () => undefined, { telemetry });
    const job = await request(() =>
      queue.upsertJobScheduler('nightly', { every: 3_600_000 }, { name: 'tidy' }),
    );
    await ended(job!);
    await expect(queue.upsertJobScheduler('nightly', { every: 0 })).rejects.toThrow('every');

    const [upsert, refused] = named(`schedule ${lab.name}`);
    expect(parentOf(upsert!)).toBe('request');
    expect(upsert).toMatchObject({ kind: SpanKind.PRODUCER });
    expect(upsert!.attributes).toMatchObject({
      'messaging.operation.name': 'schedule',
      'messaging.message.id': job!.id,
      'stepwell.scheduler.id': 'nightly',
      'stepwell.job.name': 'tidy',
    });
    expect(refused!.status.code).toBe(SpanStatusCode.ERROR);
    const run = only(`process ${lab.name}`);
    expect(run.spanContext().traceId).not.toBe(upsert!.spanContext().traceId);
    await queue.removeJobScheduler('nightly');
  });

  it('begin anew where a job carries nothing, whoever is at work when it starts', async () => {
    const queue = lab.queue({ telemetry });
    const other = lab.queue();
    lab.worker(() => {}, { telemetry });
    const plain = await request(() => other.add('plain', {}));
    const omitted = await request(() => queue.add('omitted', {}, { telemetry: { omitContext: true } }));
    const broken = await other.add('broken', {}, { telemetry: { metadata: '{"traceparent":"00-1' } });
    await Promise.all([plain, omitted, broken].map(ended));

    expect(named(`process ${lab.name}`).map((run) => run.parentSpanContext)).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('go through flows, bulks and children', async () => {
    const flows = lab.flows({ telemetry });
    const queue = lab.queue({ telemetry });
    lab.worker(() => {}, { telemetry });
    const { job } = await request(() =>
      flows.add({
        name: 'album',
        queueName: lab.name,
        children: [1, 2].map((data) => ({ name: 'photo', queueName: lab.name, data })),
      }),
    );
    await ended(job);
    expect(named(`process ${lab.name}`).map(parentOf)).toEqual(Array(3).fill(`add ${lab.name}`));
    expect(only(`add ${lab.name}`).attributes['messaging.batch.message_count']).toBe(3);

    exporter.reset();
    const bulk = await request(() => queue.addBulk([1, 2].map((data) => ({ name: 'photo', data }))));
    await Promise.all(bulk.map(ended));
    expect(named(`process ${lab.name}`).map(parentOf)).toEqual(Array(2).fill(`add ${lab.name}`));
    expect(only(`add ${lab.name}`).attributes['stepwell.job.name']).toBe('photo');
  });

  it('are active while an Observable emits', async () => {
    const queue = lab.queue({ telemetry });
    const seen: (string | undefined)[] = [];
    lab.worker(() => defer(() => of(seen.push(trace.getActiveSpan()?.spanContext().spanId))), { telemetry });
    await ended(await queue.add('observed', {}));
    expect(seen).toEqual([only(`process ${lab.name}`).spanContext().spanId]);
  });

  it('have names that BullMQ gives, where they are asked for', async () => {
    const bullmq = openTelemetry({ tracerProvider, names: 'bullmq' });
    const queue = lab.queue({ telemetry: bullmq });
    lab.worker(() => {}, { telemetry: bullmq });
    const job = await queue.add('resize', {});
    await ended(job);
    expect(only(`add ${lab.name}.resize`).attributes).toMatchObject({ 'bullmq.job.id': job.id });
    expect(only(`process ${lab.name}`).attributes).toMatchObject({ 'bullmq.queue.name': lab.name });
    await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'tidy' });
    expect(only(`add ${lab.name}.tidy`).attributes).toMatchObject({ 'bullmq.job.scheduler.id': 'nightly' });
  });

  it('end with an error where the add fails', async () => {
    const queue = lab.queue({ telemetry });
    await expect(request(() => queue.add('resize', {}, { attempts: 0 }))).rejects.toThrow('attempts');
    expect(only(`add ${lab.name}`).status.code).toBe(SpanStatusCode.ERROR);
  });
});

describe("telemetry by BullMQ's interface", () => {
  beforeAll(() => {
    trace.setGlobalTracerProvider(tracerProvider);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  afterAll(() => trace.disable());

  it('is taken from bullmq-otel as it is, by queues, workers and flow producers', async () => {
    const telemetry = new BullMQOtel({ tracerName: 'app' });
    const queue = lab.queue({ telemetry });
    const flows = lab.flows({ telemetry });
    const parts = `${lab.name}-parts`;
    lab.worker(defineSteps({ charge: () => 'charged' }), { telemetry });
    lab.worker(() => {}, { telemetry }, parts);
    const job = await request(() => queue.add('order', { secret: 'cat.jpg' }));
    await ended(job);
    const [add, run] = [only(`add ${lab.name}.order`), only(`process ${lab.name}`)];
    expect([parentOf(add), parentOf(run), parentOf(only('step charge'))]).toEqual([
      ...['request', add.name, run.name],
    ]);
    expect(new Set([add, run].map((span) => span.spanContext().traceId)).size).toBe(1);
    expect([add.kind, run.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
    expect(add.attributes).toEqual({
      'bullmq.queue.name': lab.name,
      'bullmq.queue.operation': 'add',
      'bullmq.job.name': 'order',
      'bullmq.job.id': job.id,
    });
    expect(run.attributes).toMatchObject({ 'bullmq.job.id': job.id, 'bullmq.job.attempts.made': 1 });

    exporter.reset();
    const { job: top } = await request(() =>
      flows.add({
        ...{ name: 'album', queueName: lab.name },
        children: [{ name: 'photo', queueName: parts, data: {} }],
      }),
    );
    await ended(top);
    expect([parentOf(only(`process ${lab.name}`)), parentOf(only(`process ${parts}`))]).toEqual(
      Array(2).fill(named(`addBulk ${lab.name}`)[0]!.name),
    );

    exporter.reset();
    await expect(request(() => queue.add('order', {}, { attempts: 0 }))).rejects.toThrow('attempts');
    expect(only(`add ${lab.name}.order`).events.map(({ name }) => name)).toEqual(['exception']);
  });

  it('is refused by name where a part of it is missing', () => {
    const whole = new BullMQOtel({ tracerName: 'app' });
    const part = (telemetry: object) => () => lab.queue({ telemetry: telemetry as never });
    expect(part({ tracer: whole.tracer })).toThrow('BullMQOtel');
    expect(part({ ...whole, tracer: {}, contextManager: whole.contextManager })).toThrow(
      'telemetry.tracer.startSpan',
    );
    expect(part({ tracer: whole.tracer, contextManager: { with: () => {}, active: () => {} } })).toThrow(
      'telemetry.contextManager.getMetadata',
    );
  });
});

describe('metrics by OpenTelemetry', () => {
  it('count jobs, measure runs and waits, and observe queues', async () => {
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e8 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const telemetry = openTelemetry({ tracerProvider, meterProvider });
    const queue = lab.queue({ telemetry });
    const worker = lab.worker(
      (job) => {
        if (job.name === 'bad') throw new TypeError('bad');
      },
      { telemetry },
    );
    const jobs = [await queue.add('good', {}), await queue.add('bad', {}, { attempts: 2 })];
    await Promise.all(jobs.map(ended));
    await worker.close();
    await queue.add('good', {});
    await reader.forceFlush();
    await queue.close();
    await meterProvider.shutdown();

    const points = metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as { attributes: Record<string, unknown>; value: unknown }[]).map((point) => {
          const { attributes, value } = point;
          const kind = attributes['stepwell.job.name'] ?? attributes['stepwell.job.state'] ?? '';
          const error = attributes['error.type'] ?? '';
          const count = typeof value === 'number' ? value : (value as { count: number }).count;
          return [`${descriptor.name} ${String(kind)} ${String(error)}`.trim(), count] as const;
        }),
      );
    const { 'stepwell.queue.lag': lag, ...counts } = Object.fromEntries(points);
    expect(lag).toBeGreaterThanOrEqual(0);
    expect(counts).toEqual({
      'messaging.client.sent.messages good': 2,
      'messaging.client.sent.messages bad': 1,
      'messaging.client.consumed.messages good': 1,
      'messaging.client.consumed.messages bad': 2,
      'stepwell.jobs.completed good': 1,
      'stepwell.jobs.retried bad': 1,
      'stepwell.jobs.failed bad': 1,
      'messaging.process.duration good': 1,
      'messaging.process.duration bad TypeError': 2,
      'stepwell.job.wait good': 1,
      'stepwell.job.wait bad': 1,
      'stepwell.queue.jobs waiting': 1,
      'stepwell.queue.jobs prioritized': 0,
      'stepwell.queue.jobs delayed': 0,
      'stepwell.queue.jobs active': 0,
      'stepwell.queue.jobs completed': 1,
      'stepwell.queue.jobs failed': 1,
      'stepwell.queue.jobs waiting-children': 0,
    });
  });
});

describe('a context that is carried', () => {
  const tenants = new AsyncLocalStorage<string>();
  const tenant: ContextPropagator<string> = {
    name: 'tenant',
    read: () => tenants.getStore(),
    restore: (value, run) => (value === undefined ? run() : tenants.run(value, run)),
  };
  const propagate = [tenant];

  it('is found again by runs, steps and what they add, and by nobody else', async () => {
    const queue = lab.queue({ propagate });
    const seen: string[] = [];
    const see = (job: Job): void => void seen.push(`${job.name} ${tenants.getStore()}`);
    lab.worker(
      defineSteps({
        first: async (job: Job) => {
          see(job);
          if (job.name === 'parent') await queue.add('added', {});
          return sleep(5);
        },
        second: see,
      }),
      { propagate },
    );
    const jobs = await tenants.run('ada', () => Promise.all([queue.add('parent', {}), queue.add('own', {})]));
    const none = await queue.add('none', {});
    await until(async () => (await queue.getCompletedCount()) === 4);

    expect(jobs.map(({ opts }) => opts.context)).toEqual([{ tenant: 'ada' }, { tenant: 'ada' }]);
    expect(none.opts.context).toBeUndefined();
    expect(seen.sort()).toEqual(
      ['added ada', 'none undefined', 'own ada', 'parent ada'].flatMap((line) => [line, line]),
    );
  });

  it('must be something that JSON keeps, and the options something that can be used', async () => {
    const queue = lab.queue({ propagate: [{ ...tenant, read: () => new Map() as never }] });
    await expect(queue.add('job', {})).rejects.toThrow('The context tenant');
    expect(() => lab.queue({ propagate: [{ name: 'x' }] as never })).toThrow('propagate');
    expect(() => lab.queue({ propagate: [tenant, tenant] })).toThrow('Give each its own name.');
    expect(() => lab.worker(() => {}, { telemetry: {} as never })).toThrow('openTelemetry()');
  });
});
