import { of, type Observable } from 'rxjs';
import {
  defineSteps,
  done,
  next,
  sleep,
  waitForSignal,
  type Job,
  type StepContext,
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
