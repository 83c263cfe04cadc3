import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import {
  getQueueEventsToken,
  Process,
  Processor,
  type QueueEvents,
  StepwellHealth,
  StepwellModule,
  StepwellRegistry,
} from 'stepwell';
import { StepwellHealthIndicator } from 'stepwell/terminus';
import { startRedis } from '../../lib/testing/index.js';
import { LogLines, queueOf, sharedOptions, startApp } from './test-app.js';

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('StepwellHealth', () => {
  it('is up while Redis answers and the worker runs', async () => {
    @Processor('orders')
    class Orders {
      @Process()
      run(): void {}
    }
    const app = await startApp({ imports: [ORDERS], providers: [Orders] });
    const health = app.get(StepwellHealth);
    expect(await health.check()).toEqual({
      status: 'up',
      isShuttingDown: false,
      queues: { orders: { redis: 'up', lagMs: 0, worker: 'running' } },
    });

    app.get<QueueEvents>(getQueueEventsToken('orders')).on('completed', () => {});
    expect((await health.check()).queues['orders']).toMatchObject({ events: 'current' });

    const worker = app.get(StepwellRegistry).getWorker('orders')!;
    await worker.pause();
    expect((await health.check()).queues['orders']).toMatchObject({ worker: 'paused' });
    await worker.close();
    expect(await health.check()).toMatchObject({
      status: 'down',
      queues: { orders: { worker: 'stopped', reason: 'The worker does not run.' } },
    });
    await app.close();
  });

  it('is down where a job waits for too long', async () => {
    const app = await startApp({ imports: [ORDERS] });
    const orders = queueOf(app, 'orders');
    await orders.add('order', {}, { timestamp: Date.now() - 60_000 });
    await orders.add('order', {}, { timestamp: Date.now() - 90_000, delay: 1e7 });
    const health = app.get(StepwellHealth);

    expect((await health.check()).status).toBe('up');
    const { status, queues } = await health.check({ maxLagMs: 30_000 });
    expect(status).toBe('down');
    expect(queues['orders']!.lagMs).toBeGreaterThanOrEqual(59_000);
    expect(queues['orders']!.lagMs).toBeLessThan(85_000);
    await app.close();
  });

  it('is down, and in time, where Redis does not answer or takes no write', async () => {
    const redis = await startRedis({ external: false });
    const app = await startApp(
      { imports: [StepwellModule.forRoot({ connection: redis.url, callTimeout: 500 }), ORDERS] },
      { root: false },
    );
    const health = app.get(StepwellHealth);
    expect((await health.check()).status).toBe('up');

    const client = await queueOf(app, 'orders').client;
    await client.replicaof('127.0.0.1', 1);
    expect(await health.check()).toMatchObject({
      status: 'down',
      queues: { orders: { redis: 'down', reason: expect.any(String) } },
    });

    await redis.stop();
    const startedMs = performance.now();
    expect(await health.check({ timeoutMs: 200 })).toMatchObject({
      status: 'down',
      queues: { orders: { redis: 'down', reason: 'Redis did not answer within 200 ms.' } },
    });
    expect(performance.now() - startedMs).toBeLessThan(2000);
    await app.close();
  });

  it('is down as soon as the shutdown begins, while jobs end', async () => {
    let started = (): void => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));

    @Processor('orders')
    class Orders {
      @Process()
      async run(): Promise<void> {
        started();
        await finished;
      }
    }
    const app = await startApp({ imports: [ORDERS], providers: [Orders] });
    const health = app.get(StepwellHealth);
    await queueOf(app, 'orders').add('order', {});
    await running;
    const closed = app.close();
    await pause(20);
    expect(await health.check()).toMatchObject({ status: 'down', isShuttingDown: true });
    finish();
    await closed;
  });
});

describe('the indicator of Terminus', () => {
  it('answers a health check', async () => {
    @Controller()
    class Health {
      constructor(
        private readonly health: HealthCheckService,
        private readonly stepwell: StepwellHealthIndicator,
      ) {}

      @Get('ready')
      @HealthCheck()
      ready() {
        return this.health.check([() => this.stepwell.isHealthy('queues', { maxLagMs: 30_000 })]);
      }
    }
    const testing = await Test.createTestingModule({
      imports: [TerminusModule.forRoot({ logger: false }), StepwellModule.forRoot(sharedOptions()), ORDERS],
      controllers: [Health],
      providers: [StepwellHealthIndicator],
    })
      .setLogger(new LogLines())
      .compile();
    const app: INestApplication = testing.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const ask = async () => {
      const response = await fetch(`${await app.getUrl()}/ready`);
      return { code: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    expect(await ask()).toMatchObject({
      code: 200,
      body: { status: 'ok', info: { queues: { status: 'up', queues: { orders: { redis: 'up' } } } } },
    });
    await queueOf(app, 'orders').add('order', {}, { timestamp: Date.now() - 60_000 });
    expect(await ask()).toMatchObject({
      code: 503,
      body: { error: { queues: { status: 'down', queues: { orders: { reason: expect.any(String) } } } } },
    });
    await app.close();
  });
});
