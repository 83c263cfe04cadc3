// Run by the application's own `npm test`.
import { Test } from '@nestjs/testing';
import { getQueueToken } from 'stepwell';
import { UnrecoverableError } from 'stepwell/bullmq';
import { getQueueToken as getBullQueueToken } from 'stepwell/nestjs-bullmq';
import { startRedis } from 'stepwell/testing';
import { handled, MAILS, ORDERS, OrdersModule, Shop, untilHandled } from './orders.js';

describe('the shop', () => {
  it('runs its jobs', async () => {
    const redis = await startRedis();
    process.env.REDIS_URL = redis.url;
    const app = await Test.createTestingModule({ imports: [OrdersModule] }).compile();
    await app.init();
    const shop = app.get(Shop);
    await shop.buy('book');
    await shop.mails.add('welcome', { to: 'ada' });
    await untilHandled(2);
    expect(handled.sort()).toEqual(['ada', 'book']);
    await app.close();
    await redis.stop();
  }, 60_000);

  it('needs no Redis where its queues are replaced', async () => {
    process.env.REDIS_URL = 'redis://127.0.0.1:1';
    const added: unknown[] = [];
    const fake = { add: async (_name: string, data: unknown) => ({ id: String(added.push(data)) }) };
    const app = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(getQueueToken(ORDERS))
      .useValue(fake)
      .overrideProvider(getBullQueueToken(MAILS))
      .useValue(fake)
      .compile();
    await app.init();
    expect(await app.get(Shop).buy('pen')).toBe('1');
    expect(added).toEqual([{ item: 'pen' }]);
    expect(new UnrecoverableError()).toBeInstanceOf(Error);
    await app.close();
  }, 60_000);
});
