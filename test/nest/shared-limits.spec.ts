import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { InjectQueue, Limit, Process, Processor, type Queue, StepwellModule } from 'stepwell';
import { until } from '../support/engine-lab.js';
import { queueOf, startApp } from './test-app.js';

/** What both queues do at one service. */
const service = { running: 0, most: 0 };

async function call(): Promise<void> {
  service.running += 1;
  service.most = Math.max(service.most, service.running);
  await sleep(5);
  service.running -= 1;
}

@Processor('orders', { concurrency: 5 })
class OrderProcessor {
  static isOver = false;

  constructor(@InjectQueue('orders') private readonly orders: Queue) {}

  /** There is always another one that waits. */
  @Process('charge')
  @Limit('stripe', { concurrency: 2, shared: true })
  async charge(): Promise<void> {
    await call();
    if (!OrderProcessor.isOver) await this.orders.add('charge', 0);
  }
}

@Processor('refunds', { concurrency: 5 })
class RefundProcessor {
  @Process('charge')
  @Limit('stripe', { concurrency: 2, shared: true })
  charge(): Promise<void> {
    return call();
  }
}

describe('a limit that two queues of an application share', () => {
  const names = ['orders', 'refunds'];
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    for (const name of names) await queueOf(app!, name).obliterate({ force: true });
    await app?.close();
  });

  it('is never exceeded, and lets both go on', async () => {
    app = await startApp({
      imports: names.map((name) => StepwellModule.registerQueue({ name })),
      providers: [OrderProcessor, RefundProcessor],
    });
    const [orders, refunds] = names.map((name) => queueOf(app!, name));
    const charges = Array.from({ length: 6 }, () => ({ name: 'charge', data: 0 }));
    await orders!.addBulk(charges);
    await refunds!.addBulk(charges);
    await until(async () => (await refunds!.getCompletedCount()) === charges.length);
    OrderProcessor.isOver = true;
    await until(async () => (await orders!.getJobCountByTypes('waiting', 'active')) === 0);
    expect(service.most).toBe(2);
    expect(await orders!.getLimit('stripe')).toMatchObject({ concurrency: 2, shared: true });
  });
});
