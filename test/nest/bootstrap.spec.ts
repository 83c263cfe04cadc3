import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import {
  getQueueEventsToken,
  getQueueToken,
  InjectQueue,
  InjectQueueEvents,
  OnQueueEvent,
  OnWorkerEvent,
  Process,
  Processor,
  StepwellModule,
  StepwellRegistry,
  type Queue,
  type QueueEvents,
} from 'stepwell';
import { Gate, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';
import { compileApp, LogLines, queueOf } from './test-app.js';
import { untilFinished } from './until-finished.js';

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('jobs start', () => {
  it('when the hooks of all processors of their queue have ended', async () => {
    const order: string[] = [];
    const gate = new Gate();
    @Injectable()
    class Prices implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await gate.passed;
        order.push('prices');
      }
    }
    @Processor('orders')
    class First implements OnApplicationBootstrap {
      constructor(readonly prices: Prices) {}

      async onApplicationBootstrap(): Promise<void> {
        await gate.passed;
        await new Promise(setImmediate);
        order.push('first');
      }

      @Process('a')
      run(): void {
        order.push('job');
      }
    }
    @Processor('orders')
    class Second {
      @Process('b')
      run(): void {}
    }
    const app = await compileApp({ imports: [ORDERS], providers: [Prices, First, Second] });
    const job = await queueOf(app, 'orders').add('a', {});
    const started = app.init();
    await queueOf(app, 'orders').getJobCounts();
    gate.open();
    await started;
    await untilFinished(queueOf(app, 'orders'), job.id);

    expect(order).toEqual(['prices', 'first', 'job']);
    await app.close();
  });
});

describe('a queue that a test has put something in place of', () => {
  it('needs no Redis: no worker connects, nobody listens', async () => {
    const added: string[] = [];
    @Processor('orders')
    class OrderProcessor {
      @Process()
      run(): void {}

      @OnWorkerEvent('completed')
      done(): void {}
    }
    @Injectable()
    class Orders {
      constructor(@InjectQueue('orders') readonly queue: Queue) {}

      @OnQueueEvent('completed', 'orders')
      done(): void {}
    }
    const log = new LogLines();
    const app = await Test.createTestingModule({
      // Nothing listens there.
      imports: [StepwellModule.forRoot({ connection: 'redis://127.0.0.1:1' }), ORDERS],
      providers: [OrderProcessor, Orders],
    })
      .overrideProvider(getQueueToken('orders'))
      .useValue({ add: async (name: string) => void added.push(name) })
      .setLogger(log)
      .compile();
    await app.init();
    await app.get(Orders).queue.add('a', {});
    const events = app.get<QueueEvents>(getQueueEventsToken('orders'));
    const seen: unknown[] = [];
    events.completed$.subscribe({ next: (event) => seen.push(event), complete: () => seen.push('end') });
    events.watch('1').subscribe({ complete: () => seen.push('watched') });
    events.on('completed', () => {});
    await events.waitUntilReady();

    expect(added).toEqual(['a']);
    expect(app.get(StepwellRegistry).getWorkers()).toEqual([]);
    await app.close();
    expect(seen).toEqual(['watched', 'end']);
    expect(log.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
  });

  it('may be its events alone: nobody reads those of Redis then', async () => {
    const replaced = {};
    @Injectable()
    class Orders {
      constructor(@InjectQueueEvents('orders') readonly events: QueueEvents) {}

      @OnQueueEvent('completed', 'orders')
      done(): void {}
    }
    const { hostname, port } = new URL(testRedisUrl());
    const watcher = new Redis(testRedisUrl());
    const connections = async (isReplaced: boolean): Promise<number> => {
      const connectionName = randomQueueName();
      const connection = { host: hostname, port: Number(port), connectionName };
      const builder = Test.createTestingModule({
        imports: [StepwellModule.forRoot({ connection, prefix: connectionName }), ORDERS],
        providers: [Orders],
      }).setLogger(new LogLines());
      if (isReplaced) builder.overrideProvider(getQueueEventsToken('orders')).useValue(replaced);
      const app = await builder.compile();
      await app.init();
      const queue = app.get<Queue>(getQueueToken('orders'));
      await queue.waitUntilReady();
      expect(app.get(Orders).events === (replaced as object)).toBe(isReplaced);
      const count = async (): Promise<number> =>
        String(await watcher.call('CLIENT', 'LIST'))
          .split('\n')
          .filter((line) => line.includes(`name=${connectionName}`)).length;
      await until(async () => (await count()) >= (isReplaced ? 1 : 2));
      // Time for one more, which must not come.
      await sleep(50);
      const found = await count();
      await app.close();
      return found;
    };

    // The queue's own, and one to read its events.
    expect(await connections(false)).toBe(2);
    expect(await connections(true)).toBe(1);
    await watcher.quit();
  });

  it('does not need forRoot either', async () => {
    const app = await Test.createTestingModule({ imports: [ORDERS] })
      .overrideProvider(getQueueToken('orders'))
      .useValue({})
      .compile();
    await app.init();
    expect(app.get(StepwellRegistry).getQueues()).toEqual([]);
    await app.close();
  });
});
