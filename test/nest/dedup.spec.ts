import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Dedup, InvalidOptionError, Process, Processor, StepwellModule, type DedupPolicy } from 'stepwell';
import { queueOf, startApp } from './test-app.js';

interface Order {
  orderId: string;
  total?: number;
}

const byOrder = (order: Order): string => order.orderId;

@Processor('orders', { autorun: false })
@Dedup<Order>({ id: byOrder })
class OrderProcessor {
  @Process('charge')
  charge(): void {}

  @Process('ship')
  @Dedup<Order>({ id: (order, name) => `${name}-${order.orderId}`, mode: 'throttle', ttl: 60_000 })
  ship(): void {}
}

@Processor('orders', { autorun: false })
class OtherProcessor {
  @Process()
  other(): void {}
}

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('@Dedup', () => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    if (app) await queueOf(app, 'orders').obliterate({ force: true });
    await app?.close();
    app = undefined;
  });

  async function addTwice(name: string, first: Order, second: Order, options = {}): Promise<boolean> {
    const queue = queueOf<Order>(app!, 'orders');
    await queue.add(name, first, options);
    return (await queue.add(name, second, options)).deduplicated;
  }

  it('of a class holds for its jobs, of a method for that method, and for no others', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor, OtherProcessor] });

    expect(await addTwice('charge', { orderId: 'a', total: 1 }, { orderId: 'a', total: 2 })).toBe(true);
    expect(await addTwice('charge', { orderId: 'b' }, { orderId: 'c' })).toBe(false);
    expect(await addTwice('ship', { orderId: 'a' }, { orderId: 'a' })).toBe(true);
    expect(await queueOf(app, 'orders').getDeduplicationJobId('ship-a')).not.toBeNull();
    expect(await addTwice('mail', { orderId: 'a' }, { orderId: 'a' })).toBe(false);
  });

  it("gives way to a job's own option", async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor] });
    const queue = queueOf<Order>(app, 'orders');

    await queue.add('charge', { orderId: 'a' });
    const own = await queue.add('charge', { orderId: 'a' }, { deduplication: { id: 'own' } });

    expect(own.deduplicated).toBe(false);
    expect(own.deduplicationId).toBe('own');
  });

  it('is given to registerQueue where the processor is elsewhere', async () => {
    const dedup: DedupPolicy<Order> = { id: 'hash' };
    app = await startApp({ imports: [StepwellModule.registerQueue({ name: 'orders', dedup })] });

    expect(await addTwice('charge', { orderId: 'a', total: 1 }, { total: 1, orderId: 'a' })).toBe(true);
    expect(await addTwice('charge', { orderId: 'a', total: 2 }, { orderId: 'a', total: 3 })).toBe(false);
  });

  it('fails the start when it contradicts itself, and names the class', async () => {
    @Processor('orders')
    @Dedup({ id: byOrder, mode: 'debounce' } as unknown as DedupPolicy)
    class Hasty {
      @Process()
      any(): void {}
    }

    const start = startApp({ imports: [ORDERS], providers: [Hasty] });
    await expect(start).rejects.toThrow(InvalidOptionError);
    await expect(start).rejects.toThrow(/Hasty.*debounce needs its milliseconds/);
  });

  it('fails the start when there are two for one name', async () => {
    const queue = StepwellModule.registerQueue({
      name: 'orders',
      dedup: { names: { charge: { id: 'hash' } } },
    });

    await expect(startApp({ imports: [queue], providers: [OrderProcessor] })).rejects.toThrow(
      /OrderProcessor.*already/,
    );
  });

  it('refuses an empty id before anything is written', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OrderProcessor] });
    const queue = queueOf<Order>(app, 'orders');

    await expect(queue.add('charge', { orderId: '' })).rejects.toThrow('deduplication.id');
    expect(await queue.count()).toBe(0);
  });
});
