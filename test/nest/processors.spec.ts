import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { Process, Processor, StepwellModule, StepwellRegistry, type Job } from 'stepwell';
import { queueOf, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

@Injectable()
class Prices {
  of(item: string): number {
    return item.length;
  }
}

@Processor({ queue: 'orders', name: 'till' }, { concurrency: 3 })
class OrderProcessor {
  constructor(private readonly prices: Prices) {}

  @Process('charge')
  charge(job: Job<{ item: string }>): number {
    return this.prices.of(job.data.item);
  }

  @Process('ship', 'send')
  async ship(job: Job, token: string, signal: AbortSignal): Promise<object> {
    return { name: job.name, hasToken: token.length > 0, isAborted: signal.aborted };
  }
}

@Processor('orders')
class OtherOrderProcessor {
  @Process()
  other(job: Job): string {
    return `other: ${job.name}`;
  }
}

abstract class Base {
  @Process('inherited')
  inherited(): string {
    return this.constructor.name;
  }
}

@Processor('orders')
class Derived extends Base {}

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

describe('processors', () => {
  let app: INestApplicationContext;

  afterEach(async () => {
    await app.close();
  });

  async function run(name: string, data: unknown = {}): Promise<Job> {
    const { id } = await queueOf(app, 'orders').add(name, data);
    return untilFinished(queueOf(app, 'orders'), id);
  }

  it('get their dependencies and the jobs of their names', async () => {
    app = await startApp({ imports: [ORDERS], providers: [Prices, OrderProcessor] });

    expect((await run('charge', { item: 'teapot' })).returnvalue).toBe(6);
    expect((await run('ship')).returnvalue).toEqual({ name: 'ship', hasToken: true, isAborted: false });
    expect((await run('send')).returnvalue).toMatchObject({ name: 'send' });
  });

  it('fail a job whose name nobody handles, and say which names there are', async () => {
    app = await startApp({ imports: [ORDERS], providers: [Prices, OrderProcessor] });

    const job = await run('refund');

    expect(job.failedReason).toBe(
      "Queue orders has no handler for jobs named 'refund'. Handlers: 'charge', 'ship', 'send'.",
    );
    expect(job.stacktrace[0]).toContain('UnknownJobNameError');
  });

  it('share one worker, each for its own names', async () => {
    app = await startApp({
      imports: [ORDERS],
      providers: [Prices, OtherOrderProcessor, OrderProcessor, Derived],
    });

    expect((await run('charge', { item: 'cup' })).returnvalue).toBe(3);
    expect((await run('anything')).returnvalue).toBe('other: anything');
    expect((await run('inherited')).returnvalue).toBe('Derived');

    const registry = app.get(StepwellRegistry);
    expect(registry.getWorkers()).toHaveLength(1);
    expect(registry.getWorker('orders')).toMatchObject({ concurrency: 3, opts: { name: 'till' } });
  });

  it('may be given by a factory, a value or under another token, and count once', async () => {
    app = await startApp({
      imports: [ORDERS],
      providers: [
        Prices,
        { provide: 'orders', useFactory: (prices: Prices) => new OrderProcessor(prices), inject: [Prices] },
        { provide: 'alias', useExisting: 'orders' },
        { provide: 'others', useValue: new OtherOrderProcessor() },
      ],
    });

    expect((await run('charge', { item: 'pot' })).returnvalue).toBe(3);
    expect((await run('else')).returnvalue).toBe('other: else');
  });

  it('work on a queue that is registered elsewhere, with the shared options', async () => {
    const log: string[] = [];
    @Processor('events')
    class EventProcessor {
      @Process()
      handle(job: Job): void {
        log.push(job.name);
      }
    }
    app = await startApp({ imports: [ORDERS], providers: [EventProcessor] });

    expect(app.get(StepwellRegistry).getWorker('events')?.opts.prefix).toBe(
      queueOf(app, 'orders').opts.prefix,
    );
    expect(app.get(StepwellRegistry).hasQueue('events')).toBe(false);
  });

  it('run what a test has put in the place of a method', async () => {
    app = await startApp({ imports: [ORDERS], providers: [OtherOrderProcessor] });
    app.get(OtherOrderProcessor).other = () => 'replaced';

    expect((await run('charge')).returnvalue).toBe('replaced');
  });
});
