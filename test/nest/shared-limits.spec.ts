import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { type Job, Limit, Process, Processor, StepwellModule } from 'stepwell';
import { until } from '../support/engine-lab.js';
import { queueOf, startApp } from './test-app.js';

/** What both queues do at one service. */
const service = { running: 0, most: 0, started: [] as string[] };

async function call({ queueName }: Job): Promise<void> {
  service.started.push(queueName);
  service.running += 1;
  service.most = Math.max(service.most, service.running);
  await sleep(10);
  service.running -= 1;
}

@Processor('orders', { concurrency: 5 })
class OrderProcessor {
  @Process('charge')
  @Limit('stripe', { concurrency: 2, shared: true })
  charge(job: Job): Promise<void> {
    return call(job);
  }
}

@Processor('refunds', { concurrency: 5 })
class RefundProcessor {
  @Process('charge')
  @Limit('stripe', { concurrency: 2, shared: true })
  charge(job: Job): Promise<void> {
    return call(job);
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
    const charges = (count: number) => Array.from({ length: count }, () => ({ name: 'charge', data: 0 }));
    await orders!.addBulk(charges(60));
    await refunds!.addBulk(charges(4));
    await until(async () => (await orders!.getCompletedCount()) === 60);
    await until(async () => (await refunds!.getCompletedCount()) === 4);
    expect(service.most).toBe(2);
    // Nobody waits until the other is through.
    expect(service.started.at(-1)).toBe('orders');
    expect(await orders!.getLimit('stripe')).toMatchObject({ concurrency: 2, shared: true });
  });
});
