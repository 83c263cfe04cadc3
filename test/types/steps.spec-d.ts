import { of, type Observable } from 'rxjs';
import {
  defineSteps,
  done,
  next,
  sleep,
  waitForSignal,
  type Job,
  type StepContext,
  type StepName,
  type WithCodec,
  Worker,
} from 'stepwell/engine';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <A, B>(_same: Equal<A, B>): void => {};

interface Order {
  items: string[];
}

// A class: results are typed by what its methods return, also in methods whose own type follows from them.
export class OrderProcessor {
  constructor(
    private readonly stock: { reserve(order: Order): Promise<{ id: number }> },
    private readonly bank: { charge(reservation: { id: number }): { receipt: string } },
  ) {}

  reserve(job: Job<Order>) {
    return this.stock.reserve(job.data);
  }

  charge(_job: Job<Order>, ctx: StepContext<OrderProcessor>) {
    expectType<ReturnType<typeof ctx.next<'reserve'>>['value'], null>(true);
    return this.bank.charge(ctx.result('reserve'));
  }

  coolDown() {
    return sleep(1000, { value: 5 });
  }

  ask() {
    return waitForSignal<{ by: string }>('approved');
  }

  pack(): Observable<'packed'> {
    return of('packed' as const);
  }

  async ship(_job: Job<Order>, ctx: StepContext<OrderProcessor>) {
    const asked = ctx.result('ask');
    expectType<typeof asked, { timedOut: false; signal: { by: string } } | { timedOut: true }>(true);
    const packed = ctx.result('pack');
    expectType<typeof packed, 'packed'>(true);
    const cooled = ctx.result('coolDown');
    expectType<typeof cooled, number>(true);
    if (asked.timedOut) {
      // @ts-expect-error -- no step of the class
      return ctx.next('nowhere');
    }
    return ctx.next('finish', ctx.result('charge').receipt);
  }

  finish(_job: Job<Order>, ctx: StepContext<OrderProcessor>) {
    const shipped: string = ctx.results.ship as string;
    // @ts-expect-error -- no step of the class
    ctx.result('nothing');
    return shipped === '' ? done(1) : done(2);
  }

  plain(_job: Job<Order>, ctx: StepContext) {
    const anything: number = ctx.result('whatever');
    return next('anywhere', anything);
  }
}

// Names are checked without another word, results when they are named.
const inferred = defineSteps({
  first: (job) => (job.data === 1 ? sleep(60, { value: 'slept' }) : 'awake'),
  second: {
    run: (_job, ctx) => {
      // @ts-expect-error -- no such step
      ctx.result('third');
      return ctx.result('first');
    },
    attempts: 3,
    next: 'first',
    compensate: (_job, ctx) => ctx.result('second'),
  },
});
void new Worker('orders', inferred);

const named = defineSteps<{ reserve: { id: number }; charge: string; ask: void }, Order>({
  reserve: async (job) => ({ id: job.data.items.length }),
  charge: (_job, ctx) => {
    const { id } = ctx.result('reserve');
    expectType<typeof id, number>(true);
    return of(`${id}`);
  },
  ask: (_job, ctx) => {
    const charged = ctx.result('charge');
    expectType<typeof charged, string>(true);
    // @ts-expect-error -- no such step
    ctx.next('nowhere');
  },
});
void new Worker<Order>('orders', named);

// @ts-expect-error -- a step that returns something else than it is said to
defineSteps<{ a: string }>({ a: () => 5 });

// @ts-expect-error -- goes on with no step
defineSteps({ a: { run: () => 5, next: 'b' } });

// @ts-expect-error -- lacks a step
defineSteps<{ a: number; b: number }>({ a: () => 5 });

// A method's step has the name that its context says, and what takes no job is no step.
export class Till {
  readonly currency = 'EUR';

  chargeCard(job: Job<Order>, _ctx: StepContext<Till, 'capture'>) {
    return { paidAt: new Date(), by: undefined, undo: () => job.id, tags: new Map([['a', 1]]), count: 1 };
  }

  finish(_job: Job<Order>, ctx: StepContext<Till>) {
    expectType<StepName<Till>, 'capture' | 'finish' | 'bare'>(true);
    const captured = ctx.result('capture');
    expectType<typeof captured, { paidAt: string; tags: {}; count: number }>(true);
    // @ts-expect-error -- the name of the method, not of the step
    ctx.result('chargeCard');
    // @ts-expect-error -- no step
    ctx.result('total');
    return ctx.next('capture', captured.paidAt);
  }

  bare() {
    return [undefined, new Date()];
  }

  total(order: Order): number {
    return order.items.length + this.secret().length;
  }

  private secret(): string {
    return this.currency;
  }
}

// With a codec, results are what the steps returned.
export class Books {
  enter(_job: Job, _ctx: StepContext<WithCodec<Books>>) {
    return { at: new Date(), tags: new Map([['a', 1]]) };
  }

  close(_job: Job, ctx: StepContext<WithCodec<Books>>) {
    const entered = ctx.result('enter');
    expectType<typeof entered, { at: Date; tags: Map<string, number> }>(true);
    // @ts-expect-error -- no such step
    ctx.result('nothing');
  }
}
defineSteps<{ at: Date; read: string }>({
  at: () => new Date(),
  read: (_job, ctx) => ctx.result('at').toUpperCase(),
});
defineSteps<WithCodec<{ at: Date; read: number }>>({
  at: () => new Date(),
  read: (_job, ctx) => ctx.result('at').getTime(),
});

// What is plain comes back as it was, also where it holds itself.
interface Tree {
  label: string;
  on: boolean | null;
  leaf?: Tree;
  list: readonly (Tree | number)[];
}
export class Plain {
  tree(_job: Job): Tree {
    return { label: 'a', on: null, list: [] };
  }

  read(_job: Job, ctx: StepContext<Plain>) {
    const tree: Tree = ctx.result('tree');
    return tree.leaf?.label;
  }
}
