import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ClsModule, ClsService, ClsServiceManager } from 'nestjs-cls';
import { InjectQueue, Process, Processor, Queue, Step, StepwellModule, type Job } from 'stepwell';
import { queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

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

  const startTracedApp = (options: { telemetry?: false } = {}) =>
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
  it('travels with jobs', async () => {
    const seen: unknown[] = [];

    @Injectable()
    class Tenant {
      constructor(private readonly cls: ClsService) {}
      get id(): string | undefined {
        return this.cls.get('tenant');
      }
    }

    @Processor('orders')
    class Orders {
      constructor(
        private readonly tenant: Tenant,
        @InjectQueue('orders') private readonly orders: Queue,
      ) {}

      @Process()
      async run(job: Job): Promise<void> {
        seen.push([job.name, this.tenant.id]);
        if (job.name === 'first') await this.orders.add('second', {});
      }
    }

    const cls = ClsServiceManager.getClsService();
    const app = await startApp(
      {
        imports: [
          ClsModule.forRoot({ global: true }),
          StepwellModule.forRoot({
            ...sharedOptions(),
            propagate: [
              {
                name: 'cls',
                read: () => cls.get('tenant'),
                restore: (tenant, run) => cls.runWith({ tenant }, run),
              },
            ],
          }),
          StepwellModule.registerQueue({ name: 'orders' }),
        ],
        providers: [Tenant, Orders],
      },
      { root: false },
    );
    const orders = queueOf(app, 'orders');
    await cls.runWith({ tenant: 'ada' } as never, () => orders.add('first', {}));
    await orders.add('nobody', {});
    for (const id of ['1', '2', '3']) await untilFinished(orders, id);
    await app.close();

    expect(seen.sort()).toEqual([
      ['first', 'ada'],
      ['nobody', undefined],
      ['second', 'ada'],
    ]);
  });
});
