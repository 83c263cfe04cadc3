import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import {
  InvalidOptionError,
  Limit,
  Process,
  Processor,
  QueueNotRegisteredError,
  StepwellModule,
  UnknownLimitError,
} from 'stepwell';
import { queueOf, startApp } from './test-app.js';

interface Order {
  shop?: string;
}

@Processor('orders', { autorun: false })
@Limit('database', { concurrency: 10 })
class OrderProcessor {
  @Process('charge')
  @Limit('stripe', { concurrency: 5, max: 100, duration: 1000 })
  @Limit<Order>(({ shop }) => (shop === undefined ? undefined : [`shop-${shop}`]))
  charge(): void {}

  @Process('ship')
  ship(): void {}
}

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('@Limit', () => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    if (app) await queueOf(app, 'orders').obliterate({ force: true });
    await app?.close();
    app = undefined;
  });

  it('sets the limit, and names it for the jobs of the method or class', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor] });
    const queue = queueOf<Order>(app, 'orders');
    const [charge, ship, mail] = await queue.addBulk(
      ['charge', 'ship', 'mail'].map((name) => ({ name, data: {} })),
    );
    expect(charge!.opts.limits).toEqual(['stripe']);
    expect(ship!.opts.limits).toEqual(['database']);
    expect(mail!.opts.limits).toBeUndefined();
    expect(await queue.getLimit('stripe')).toMatchObject({ concurrency: 5, max: 100, duration: 1000 });
    expect((await queue.getLimits()).map(({ name }) => name)).toEqual(['database', 'stripe']);
  });

  it('adds what a function finds in the data, and gives way to a job of its own option', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor] });
    const queue = queueOf<Order>(app, 'orders');
    await expect(queue.add('charge', { shop: 'a' })).rejects.toThrow(UnknownLimitError);
    await queue.setLimit('shop-a', { concurrency: 1 });
    const job = await queue.add('charge', { shop: 'a' });
    expect(job.opts.limits).toEqual(['stripe', 'shop-a']);
    expect((await queue.add('charge', {}, { limits: [] })).opts.limits).toEqual([]);
  });

  it('is paused, resumed and read at run time by an injected queue', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor] });
    const queue = queueOf<Order>(app, 'orders');
    await queue.add('charge', {});
    expect(await queue.pauseLimit('stripe')).toBe(true);
    expect(await queue.getLimit('stripe')).toMatchObject({ isPaused: true });
    expect(await queue.resumeLimit('stripe')).toBe(true);
  });

  it('fails the start where two define it differently, and without the queue', async () => {
    @Processor('orders', { autorun: false })
    class Other {
      @Process('mail')
      @Limit('stripe', { concurrency: 7 })
      mail(): void {}
    }
    await expect(startApp({ imports: [ORDERS], providers: [OrderProcessor, Other] })).rejects.toThrow(
      InvalidOptionError,
    );
    await expect(startApp({ providers: [OrderProcessor] })).rejects.toThrow(QueueNotRegisteredError);
  });

  it('is refused by name where it cannot be', () => {
    expect(() => Limit('a,b')).toThrow(InvalidOptionError);
    expect(() => Limit('stripe', { concurrency: 0 })).toThrow('concurrency');
    expect(() => Limit((() => []) as never, { concurrency: 1 } as never)).toThrow('by its name');
  });
});
