import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import {
  Compensate,
  done,
  DuplicateCompensationError,
  DuplicateHandlerError,
  InvalidOptionError,
  type Job,
  MissingProcessorError,
  Process,
  Processor,
  sleep,
  Step,
  type StepContext,
  StepwellModule,
  UnknownCompensationError,
} from 'stepwell';
import { of } from 'rxjs';
import { compileApp, queueOf, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

interface Order {
  item: string;
  isBroken?: boolean;
}

@Injectable()
class Shop {
  readonly log: string[] = [];

  do(what: string): string {
    this.log.push(what);
    return what;
  }
}

@Processor({ queue: 'orders', jobName: ['order', 'reorder'] }, { concurrency: 2 })
class OrderProcessor {
  constructor(readonly shop: Shop) {}

  @Step()
  reserve(job: Job<Order>) {
    return { id: this.shop.do(`reserve ${job.data.item}`) };
  }

  @Compensate('reserve')
  giveBack(_job: Job<Order>, ctx: StepContext<OrderProcessor>) {
    this.shop.do(`give back ${ctx.result('reserve').id}: ${ctx.failedReason}`);
  }

  @Step({ attempts: 2 })
  charge(job: Job<Order>, ctx: StepContext<OrderProcessor>) {
    this.shop.do(`charge ${ctx.attempt}`);
    if (job.data.isBroken) throw new Error('no money');
    return of(1, 2);
  }

  @Step()
  coolDown() {
    return sleep(5);
  }

  @Step({ name: 'send', aliases: ['post'] })
  async ship(_job: Job<Order>, ctx: StepContext<any, 'send'>) {
    this.shop.do('send');
    return done([ctx.result('reserve').id, ctx.result('charge'), ctx.step]);
  }

  @Step()
  never() {
    this.shop.do('never');
  }

  @Process('refund')
  refund(): string {
    return this.shop.do('refund');
  }
}

@Processor('orders')
class OtherOrders {
  @Process()
  other(job: Job): string {
    return `other: ${job.name}`;
  }
}

abstract class Shipping {
  readonly done: string[] = [];

  @Step()
  pack(): void {
    this.done.push('pack');
  }

  @Step()
  label(): void {
    this.done.push('label');
  }

  send(): void {}
}

@Processor('parcels')
class Parcels extends Shipping {
  @Step()
  override send(): void {
    this.done.push('send');
  }

  /** Keeps its place, and stays a step. */
  override pack(): void {
    this.done.push('pack well');
  }

  @Step()
  finish() {
    return this.done;
  }
}

const QUEUES = StepwellModule.registerQueue({ name: 'orders' }, { name: 'parcels' });

describe('@Step', () => {
  let app: INestApplicationContext;

  afterEach(async () => {
    await app.close();
  });

  async function run(queue: string, name: string, data: object = {}): Promise<Job> {
    const { id } = await queueOf(app, queue).add(name, data);
    return untilFinished(queueOf(app, queue), id);
  }

  it('makes methods of a provider steps, with all that is injected', async () => {
    app = await startApp({ imports: [QUEUES], providers: [OrderProcessor, OtherOrders, Shop] });

    const job = await run('orders', 'order', { item: 'book' });

    expect(job.returnvalue).toEqual(['reserve book', 2, 'send']);
    expect(app.get(Shop).log).toEqual(['reserve book', 'charge 1', 'send']);
    expect((await job.getSteps()).map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...['reserve completed', 'charge completed', 'coolDown completed', 'send completed'],
    ]);
  });

  it('takes the jobs that its class names, beside other handlers of the queue', async () => {
    app = await startApp({ imports: [QUEUES], providers: [OrderProcessor, OtherOrders, Shop] });

    expect((await run('orders', 'reorder', { item: 'pen' })).returnvalue).toEqual(['reserve pen', 2, 'send']);
    expect((await run('orders', 'refund')).returnvalue).toBe('refund');
    expect((await run('orders', 'gift')).returnvalue).toBe('other: gift');
  });

  it('fails jobs of other names visibly where no class takes them', async () => {
    app = await startApp({ imports: [QUEUES], providers: [OrderProcessor, Shop] });

    const job = await run('orders', 'gift');

    expect(job.failedReason).toBe(
      "Queue orders has no handler for jobs named 'gift'. Handlers: 'refund', 'order', 'reorder'.",
    );
  });

  it('has completed steps undone by the methods with @Compensate', async () => {
    app = await startApp({ imports: [QUEUES], providers: [OrderProcessor, Shop] });

    const job = await run('orders', 'order', { item: 'book', isBroken: true });

    expect(job.failedReason).toBe('no money');
    expect(app.get(Shop).log).toEqual([
      ...['reserve book', 'charge 1', 'charge 2', 'give back reserve book: no money'],
    ]);
  });

  it('counts in base classes, which come first, and calls what overrides them', async () => {
    app = await startApp({ imports: [QUEUES], providers: [Parcels] });

    expect((await run('parcels', 'any')).returnvalue).toEqual(['pack well', 'label', 'send']);
  });

  it('calls a method that was replaced on the instance', async () => {
    app = await compileApp({ imports: [QUEUES], providers: [Parcels] });
    app.get(Parcels).label = function label(this: Parcels) {
      this.done.push('replaced');
    };
    await app.init();

    expect((await run('parcels', 'any')).returnvalue).toEqual(['pack well', 'replaced', 'send']);
  });
});

describe('what is wrong with steps ends the start of the application', () => {
  @Processor('orders')
  class Both {
    @Step()
    first(): void {}

    @Process()
    all(): void {}
  }

  @Processor({ queue: 'orders', jobName: 'order' })
  class Same {
    @Step()
    first(): void {}
  }

  class Homeless {
    @Step()
    first(): void {}
  }

  @Processor('orders')
  class Lost {
    @Step()
    first(): void {}

    @Compensate('frist')
    undo(): void {}
  }

  @Processor('orders')
  class Twice {
    @Step()
    first(): void {}

    @Compensate('first')
    undo(): void {}

    @Compensate('first')
    undoToo(): void {}
  }

  @Processor('orders')
  class SameName {
    @Step()
    first(): void {}

    @Step({ name: 'first' })
    second(): void {}
  }

  @Processor('orders')
  class Nowhere {
    @Step({ next: 'second' })
    first(): void {}
  }

  it.each<[string, NonNullable<ModuleMetadata['providers']>, unknown, string]>([
    [
      'steps and a handler for the same jobs',
      [Both],
      DuplicateHandlerError,
      'Both.all() and Both with its steps both handle the jobs of queue orders that no other handler names.',
    ],
    [
      'two classes for the same jobs',
      [OrderProcessor, Same, Shop],
      DuplicateHandlerError,
      "OrderProcessor with its steps and Same with its steps both handle jobs named 'order' of queue orders.",
    ],
    [
      'a class without a queue',
      [Homeless],
      MissingProcessorError,
      'A method of Homeless has @Step, but its class has no @Processor.',
    ],
    [
      'a compensation of no step',
      [Lost],
      UnknownCompensationError,
      "Lost.undo() compensates 'frist', which is no step of its class. Did you mean first? Steps: 'first'.",
    ],
    ['two compensations of a step', [Twice], DuplicateCompensationError, 'Twice.undoToo()'],
    ['two steps of one name', [SameName], InvalidOptionError, 'Another step has that name.'],
    ['a next step that is none', [Nowhere], InvalidOptionError, 'Invalid Nowhere.first.next: "second".'],
  ])('%s', async (_what, providers, type, message) => {
    const app = await compileApp({ imports: [QUEUES], providers });

    const error: unknown = await app.init().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toContain(message);
    await app.close();
  });

  it('options that cannot be are refused where they are written', () => {
    const decorate = (options: object) => () => {
      class Wrong {
        @Step(options)
        first(): void {}
      }
      return Wrong;
    };
    expect(decorate({ attempts: 0 })).toThrow('Invalid @Step of first().attempts');
    expect(decorate({ name: 'a:b' })).toThrow('colons');
    expect(decorate({ retries: 1 })).toThrow('Known options');
    expect(() => Compensate('')).toThrow(InvalidOptionError);
    expect(() => Processor({ queue: 'orders', jobName: '' })).toThrow(InvalidOptionError);
  });
});
