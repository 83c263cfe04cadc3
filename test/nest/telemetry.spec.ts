import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { BullMQOtel } from 'bullmq-otel';
import { Cron, Process, Processor, Step, StepwellModule, type StepwellOptions } from 'stepwell';
import { until } from '../support/engine-lab.js';
import { queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

const run = promisify(execFile);

@Processor('orders')
class Orders {
  @Step()
  charge(): string {
    return 'charged';
  }
}

describe('OpenTelemetry', () => {
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  const startTracedApp = (options: Pick<StepwellOptions, 'telemetry'> = {}) =>
    startApp(
      {
        imports: [
          StepwellModule.forRoot({ ...sharedOptions(), ...options }),
          StepwellModule.registerQueue({ name: 'orders' }),
        ],
        providers: [Orders],
      },
      { root: false },
    );

  function setUp(): InMemorySpanExporter {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    return exporter;
  }

  it('is used without a word where the process has set it up', async () => {
    const exporter = setUp();
    const app = await startTracedApp();
    const { id } = await queueOf(app, 'orders').add('order', {});
    await untilFinished(queueOf(app, 'orders'), id);
    await app.close();

    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name)).toEqual(['add orders', 'step charge', 'process orders']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it("goes to what has BullMQ's interface, where that is given", async () => {
    const exporter = setUp();
    const app = await startTracedApp({ telemetry: new BullMQOtel({ tracerName: 'app' }) });
    const { id } = await queueOf(app, 'orders').add('order', {});
    await untilFinished(queueOf(app, 'orders'), id);
    await app.close();

    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(
      expect.arrayContaining(['add orders.order', 'step charge', 'process orders']),
    );
  });

  it('shows the upsert of a schedule that a decorator has', async () => {
    @Processor('orders')
    class Reports {
      @Process('daily')
      @Cron('0 3 * * *', { tz: 'UTC', name: 'nightly' })
      daily(): void {}
    }
    const exporter = setUp();
    const app = await startApp(
      {
        imports: [StepwellModule.forRoot(sharedOptions()), StepwellModule.registerQueue({ name: 'orders' })],
        providers: [Reports],
      },
      { root: false },
    );
    await until(async () => exporter.getFinishedSpans().length > 0);
    await app.close();

    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name, attributes }) => [name, attributes['stepwell.scheduler.id']])).toEqual([
      ['schedule orders', 'nightly'],
    ]);
  });

  it('is left alone where it is not set up, or not wanted', async () => {
    const plain = await startTracedApp();
    expect(queueOf(plain, 'orders').opts.telemetry).toBeUndefined();
    expect((await queueOf(plain, 'orders').add('order', {})).opts).toEqual({});
    await plain.close();

    const exporter = setUp();
    const off = await startTracedApp({ telemetry: false });
    await queueOf(off, 'orders').add('order', {});
    await off.close();
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});

describe('nestjs-cls', () => {
  // The package is CommonJS and requires Nest 12, which Node can and jest cannot.
  it('travels with jobs', async () => {
    const { connection, prefix } = sharedOptions();
    const { stdout } = await run(process.execPath, [
      'test/nest/cls-app.mjs',
      String(connection),
      String(prefix),
    ]);
    expect((JSON.parse(stdout) as string[]).sort()).toEqual(['first ada', 'nobody undefined', 'second ada']);
  });
});
