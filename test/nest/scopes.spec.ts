import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Inject,
  Injectable,
  Scope,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type INestApplicationContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, createContextId, type ContextIdStrategy } from '@nestjs/core';
import { Observable } from 'rxjs';
import {
  Compensate,
  InvalidOptionError,
  JOB_REF,
  JobData,
  type HandleInfo,
  type Job,
  type OnHandle,
  Process,
  Processor,
  Signal,
  Step,
  StepwellModule,
  StepwellRegistry,
} from 'stepwell';
import { queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

@Injectable({ scope: Scope.REQUEST })
class CurrentJob {
  constructor(@Inject(JOB_REF) readonly job: Job) {}
}

describe('instances for jobs', () => {
  let app: INestApplicationContext;

  afterEach(async () => {
    await app.close();
  });

  async function add(data: unknown): Promise<Job> {
    return untilFinished(queueOf(app, 'orders'), (await queueOf(app, 'orders').add('any', data)).id);
  }

  async function start(...providers: Type[]): Promise<void> {
    app = await startApp({ imports: [ORDERS], providers });
  }

  it('are made for each job, with the job and a signal that works', async () => {
    let made = 0;
    let begun: () => void = () => {};
    const isRunning = new Promise<void>((resolve) => (begun = resolve));

    @Processor('orders', { concurrency: 2, closeTimeout: 10 })
    class Orders {
      readonly number = (made += 1);

      constructor(private readonly current: CurrentJob) {}

      @Process()
      async all(job: Job<{ wait?: boolean }>, _token: string, signal: AbortSignal): Promise<unknown> {
        if (job.data.wait) {
          begun();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          begun = () => {};
        }
        return [this.number, this.current.job === job];
      }
    }
    await start(CurrentJob, Orders);

    expect((await add({})).returnvalue).toEqual([1, true]);
    expect((await add({})).returnvalue).toEqual([2, true]);

    await queueOf(app, 'orders').add('any', { wait: true });
    await isRunning;
    await app.get(StepwellRegistry).getWorker('orders')?.close();
    expect(made).toBe(3);
  });

  it('are shared by the steps that a job takes, with scoped enhancers and parameters', async () => {
    let made = 0;
    const undone: unknown[] = [];

    @Injectable({ scope: Scope.REQUEST })
    class Guard implements CanActivate {
      constructor(@Inject(JOB_REF) private readonly job: Job<{ isGood: boolean }>) {}
      canActivate = () => this.job.data.isGood;
    }

    @Injectable({ scope: Scope.REQUEST })
    @Processor('orders')
    class Orders {
      readonly number = (made += 1);

      @Step()
      @UseGuards(Guard)
      first(@JobData() data: object, @Signal() signal: AbortSignal): unknown {
        return [this.number, data, signal.aborted];
      }

      @Step()
      second(): void {
        throw new Error('stop');
      }

      @Compensate('first')
      undo(): void {
        undone.push(this.number);
      }
    }
    await start(Guard, Orders);

    const job = await add({ isGood: true });
    expect((await job.getSteps()).find(({ name }) => name === 'first')).toMatchObject({
      result: [1, { isGood: true }, false],
    });
    expect(undone).toEqual([1]);
    expect((await add({ isGood: false })).failedReason).toBe(
      'Orders.first() was not called: Forbidden resource',
    );
    expect(made).toBe(2);
  });

  it('fail the job that they cannot be made for', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    @Processor('orders')
    class Orders {
      constructor() {
        throw new Error('no room');
      }

      @Process()
      all(): void {}
    }
    await start(Orders);

    expect((await add({})).failedReason).toBe('no room');
  });

  it('are shared as the strategy of the application says where they are durable', async () => {
    const tenants = new Map<string, ReturnType<typeof createContextId>>();
    const strategy: ContextIdStrategy<Job<{ tenant: string }>> = {
      attach(contextId, { data }) {
        const { tenant } = data;
        const shared = tenants.get(tenant) ?? createContextId();
        tenants.set(tenant, shared);
        return { resolve: (info) => (info.isTreeDurable ? shared : contextId), payload: { tenant } };
      },
    };
    let made = 0;

    @Injectable({ scope: Scope.REQUEST, durable: true })
    @Processor('orders')
    class Orders {
      readonly number = (made += 1);

      constructor(@Inject(JOB_REF) private readonly payload: { tenant: string }) {}

      @Process()
      all(): unknown {
        return [this.number, this.payload.tenant];
      }
    }
    ContextIdFactory.apply(strategy as ContextIdStrategy);
    try {
      await start(Orders);
      expect((await add({ tenant: 'a' })).returnvalue).toEqual([1, 'a']);
      expect((await add({ tenant: 'b' })).returnvalue).toEqual([2, 'b']);
      expect((await add({ tenant: 'a' })).returnvalue).toEqual([1, 'a']);
    } finally {
      ContextIdFactory.apply(undefined as never);
    }
  });
});

describe('onHandle', () => {
  let app: INestApplicationContext | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function run(onHandle: OnHandle | OnHandle[], processor: Type): Promise<Job> {
    const root = StepwellModule.forRoot({ ...sharedOptions(), onHandle });
    app = await startApp({ imports: [root, ORDERS], providers: [processor] }, { root: false });
    const { id } = await queueOf(app, 'orders').add('any', {});
    return untilFinished(queueOf(app, 'orders'), id);
  }

  it('runs around each handler and its enhancers, the first hook outermost', async () => {
    const seen: string[] = [];
    const hook =
      (name: string): OnHandle =>
      async ({ kind, queue, className, method, step, attempt, token, job }: HandleInfo, next) => {
        seen.push(
          `${name} ${kind} ${queue} ${className}.${method} ${step} ${attempt} ${token === job.token}`,
        );
        return next().finally(() => seen.push(`${name} ends`));
      };

    @Processor('orders')
    class Orders {
      @Step({ name: 'first' })
      @UseGuards({ canActivate: () => Boolean(seen.push('guard')) })
      one(): void {}

      @Step()
      two(): void {
        throw new Error('stop');
      }

      @Compensate('first')
      undo(): void {}
    }

    expect((await run([hook('a'), hook('b')], Orders)).failedReason).toBe('stop');
    expect(seen).toEqual([
      'a step orders Orders.one first 1 true',
      'b step orders Orders.one first 1 true',
      ...['guard', 'b ends', 'a ends'],
      'a step orders Orders.two two 1 true',
      'b step orders Orders.two two 1 true',
      ...['b ends', 'a ends'],
      'a compensate orders Orders.undo first 1 true',
      'b compensate orders Orders.undo first 1 true',
      ...['b ends', 'a ends'],
    ]);
  });

  it('holds its async context for what an Observable does later', async () => {
    const storage = new AsyncLocalStorage<string>();

    @Processor('orders')
    class Orders {
      @Process()
      @UseInterceptors({ intercept: (_, next) => next.handle() } as NestInterceptor)
      intercepted(): Observable<string | undefined> {
        return new Observable((subscriber) => {
          subscriber.next(storage.getStore());
          subscriber.complete();
        });
      }
    }

    expect((await run((_info, next) => storage.run('held', next), Orders)).returnvalue).toBe('held');
  });

  it('is refused where it is no function', () => {
    const root = () => StepwellModule.forRoot({ onHandle: 'span' as never });

    expect(root).toThrow(InvalidOptionError);
    expect(root).toThrow(
      'Invalid onHandle: "span". Use a function (info, next) => next(), or a list of such.',
    );
  });
});
