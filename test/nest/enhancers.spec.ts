import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  BadRequestException,
  createParamDecorator,
  HttpException,
  Injectable,
  ParseIntPipe,
  Scope,
  StandardSchemaValidationPipe,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplicationContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, ApplicationConfig, Reflector } from '@nestjs/core';
import { IsInt, IsString, Min } from 'class-validator';
import { map, tap, type Observable } from 'rxjs';
import {
  Compensate,
  Ctx,
  isStepwellContext,
  type Job,
  JobData,
  JobId,
  Process,
  Processor,
  ScopedGlobalEnhancerError,
  Signal,
  Step,
  StepResult,
  type StepContext,
  StepwellExecutionContext,
  StepwellModule,
  TransientEnhancerError,
} from 'stepwell';
import { z } from 'zod';
import { compileApp, queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

class Order {
  @IsString()
  item!: string;

  @IsInt()
  @Min(1)
  count!: number;
}

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });
const Roles = Reflector.createDecorator<string[]>();

/** What was called, in order. */
let calls: string[] = [];

@Injectable()
class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const { name } = context.getHandler();
    const roles = this.reflector.getAllAndOverride(Roles, [context.getHandler(), context.getClass()]);
    calls.push(`guard ${name} ${context.getClass().name} ${String(roles)} ${context.getType<string>()}`);
    return StepwellExecutionContext.create(context).getJob<{ role?: string }>().data.role !== 'stranger';
  }
}

@Injectable()
class Logging implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const job = StepwellExecutionContext.create(context);
    calls.push(`before ${job.getStep() ?? job.getJob().name}`);
    return next.handle().pipe(
      tap({
        next: (value) => calls.push(`value ${JSON.stringify(value)}`),
        complete: () => calls.push('after'),
      }),
    );
  }
}

describe('enhancers of jobs', () => {
  let app: INestApplicationContext;

  afterEach(async () => {
    calls = [];
    await app?.close();
    app = undefined as never;
  });

  async function run(
    processor: Type,
    data: unknown = {},
    { name = 'any', attempts = 1 }: { name?: string; attempts?: number } = {},
  ): Promise<Job> {
    app ??= await startApp({ imports: [ORDERS], providers: [processor] });
    const queue = queueOf(app, 'orders');
    return untilFinished(queue, (await queue.add(name, data, { attempts })).id);
  }

  async function runIn(
    processor: Type,
    ...rest: [data?: unknown, options?: { name?: string; attempts?: number }]
  ) {
    app = await startApp({ imports: [ORDERS], providers: [processor] });
    return run(processor, ...rest);
  }

  it('give parameters what their decorators say, and the rest what it gets anyway', async () => {
    const Name = createParamDecorator((prefix: string, context: ExecutionContext) => {
      const { name } = StepwellExecutionContext.create(context).getJob();
      return `${prefix}${name} ${String(isStepwellContext(context))}`;
    });

    @Processor('orders')
    class Orders {
      @Process()
      all(
        job: Job,
        @JobData() data: object,
        @JobData('count', ParseIntPipe) count: number,
        @JobId() id: string,
        @Signal() signal: AbortSignal,
        @Name('job ') name: string,
      ): unknown {
        return { isJob: job.id === id, data, count, isAborted: signal.aborted, name };
      }
    }

    expect((await runIn(Orders, { count: '7' })).returnvalue).toEqual({
      isJob: true,
      data: { count: '7' },
      count: 7,
      isAborted: false,
      name: 'job any true',
    });
  });

  it('give steps results and contexts, and what undoes them', async () => {
    const undone: unknown[] = [];

    @Processor('orders')
    class Orders {
      @Step()
      reserve(@JobData('item') item: string): string {
        return `${item} reserved`;
      }

      @Step()
      charge(
        @StepResult('reserve') reserved: string,
        @Ctx() ctx: StepContext,
        @Signal() signal: AbortSignal,
      ) {
        throw new Error(`${reserved} ${ctx.step} ${String(signal === ctx.signal)}`);
      }

      @Compensate('reserve')
      release(@StepResult('reserve') reserved: string, @Ctx() ctx: StepContext, @JobId() id: string): void {
        undone.push([reserved, ctx.failedReason, id]);
      }
    }

    const job = await runIn(Orders, { item: 'cup' });

    expect(job.failedReason).toBe('cup reserved charge true');
    expect(undone).toEqual([['cup reserved', 'cup reserved charge true', job.id]]);
  });

  it('refuse bad data for good before the handler, with what is wrong', async () => {
    const seen: unknown[] = [];

    @Processor('orders')
    @UsePipes(new ValidationPipe({ transform: true }))
    class Orders {
      @Process()
      all(@JobData() order: Order): void {
        seen.push(order);
      }
    }

    const job = await runIn(Orders, { item: 'secret-cup', count: 0 }, { attempts: 5 });

    expect(job).toMatchObject({
      attemptsMade: 1,
      failedReason: 'Orders.all() was not called: count must not be less than 1',
    });
    expect(JSON.stringify([job.failedReason, job.stacktrace])).not.toContain('secret-cup');
    expect(seen).toEqual([]);

    await run(Orders, { item: 'cup', count: 2 });
    expect(seen).toEqual([{ item: 'cup', count: 2 }]);
    expect(seen[0]).toBeInstanceOf(Order);
  });

  it('refuse by a validation pipe that throws errors of its own', async () => {
    class Unwanted extends Error {}

    @Processor('orders')
    class Orders {
      @Process()
      all(
        @JobData(new ValidationPipe({ exceptionFactory: () => new Unwanted('not like that') })) _: Order,
      ): void {}
    }

    const job = await runIn(Orders, {}, { attempts: 5 });

    expect(job).toMatchObject({
      attemptsMade: 1,
      failedReason: 'Orders.all() was not called: not like that',
    });
  });

  it('refuse by a standard schema', async () => {
    const schema = z.object({ count: z.number().min(1), on: z.string().default('today') });

    @Processor('orders')
    @UsePipes(StandardSchemaValidationPipe)
    class Orders {
      @Process()
      all(@JobData({ schema }) data: z.infer<typeof schema>): unknown {
        return data;
      }
    }

    expect(await runIn(Orders, { count: 0 }, { attempts: 5 })).toMatchObject({
      attemptsMade: 1,
      failedReason: expect.stringContaining('Orders.all() was not called: count: '),
    });
    expect((await run(Orders, { count: 1 })).returnvalue).toEqual({ count: 1, on: 'today' });
  });

  it('refuse by a guard, which finds metadata of the method and its class', async () => {
    @Processor('orders')
    @UseGuards(RolesGuard)
    @Roles(['class'])
    class Orders {
      @Process('own')
      @Roles(['method'])
      own(job: Job, token: string, signal: AbortSignal): unknown {
        return [job.name, token.length > 0, signal.aborted];
      }

      @Process('shared')
      shared(...args: unknown[]): number {
        return args.length;
      }
    }

    expect((await runIn(Orders, {}, { name: 'own' })).returnvalue).toEqual(['own', true, false]);
    expect((await run(Orders, {}, { name: 'shared' })).returnvalue).toBe(3);
    expect(await run(Orders, { role: 'stranger' }, { name: 'own', attempts: 5 })).toMatchObject({
      attemptsMade: 1,
      failedReason: 'Orders.own() was not called: Forbidden resource',
    });
    expect(calls.slice(0, 2)).toEqual([
      'guard own Orders method stepwell',
      'guard shared Orders class stepwell',
    ]);
  });

  it.each([
    ['cannot look it up', new Error('no database')],
    ['says later', new HttpException('later', 429)],
  ])('try again where a guard %s', async (_what, error) => {
    let asked = 0;

    @Processor('orders')
    @UseGuards({
      canActivate: () => {
        asked += 1;
        if (asked === 1) throw error;
        return true;
      },
    })
    class Orders {
      @Process()
      all(): string {
        return 'done';
      }
    }

    expect(await runIn(Orders, {}, { attempts: 2 })).toMatchObject({ attemptsMade: 2, returnvalue: 'done' });
  });

  it('try again what a handler refuses by itself', async () => {
    @Processor('orders')
    @UseGuards(RolesGuard)
    class Orders {
      @Process()
      all(): void {
        throw new BadRequestException('not now');
      }
    }

    expect(await runIn(Orders, {}, { attempts: 2 })).toMatchObject({
      attemptsMade: 2,
      failedReason: 'not now',
    });
  });

  it('see each step, and change what it returns', async () => {
    @Processor('orders')
    @UseInterceptors(Logging)
    class Orders {
      @Step()
      @UseInterceptors({
        intercept: (_, next) => next.handle().pipe(map((n: number) => n + 1)),
      } as NestInterceptor)
      first(): number {
        return 1;
      }

      @Step()
      async second(_job: Job, ctx: StepContext): Promise<number> {
        return (ctx.result('first') as number) + 10;
      }
    }

    expect((await runIn(Orders)).returnvalue).toBe(12);
    expect(calls).toEqual(['before first', 'value 2', 'after', 'before second', 'value 12', 'after']);
  });

  it('are refused where they are transient, as Nest makes no instance of them for a provider', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Counting implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    @Processor('orders')
    class Orders {
      @Process()
      @UseGuards(Counting)
      all(): void {}
    }
    app = await compileApp({ imports: [ORDERS], providers: [Orders] });

    await expect(app.init()).rejects.toThrow(TransientEnhancerError);
  });

  it('call what a test has put in the place of a method', async () => {
    @Processor('orders')
    @UseInterceptors(Logging)
    class Orders {
      @Process()
      all(): string {
        return 'real';
      }
    }
    app = await startApp({ imports: [ORDERS], providers: [Orders] });
    jest.spyOn(app.get(Orders), 'all').mockReturnValue('replaced');

    expect((await run(Orders)).returnvalue).toBe('replaced');
  });

  describe('of the whole application', () => {
    @Injectable()
    class NoStrangers implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        calls.push(context.getType<string>());
        return false;
      }
    }

    @Processor('orders')
    class Orders {
      @Process()
      all(): string {
        return 'done';
      }
    }

    const providers = [Orders, { provide: APP_GUARD, useClass: NoStrangers }];

    it('are not for jobs', async () => {
      app = await startApp({ imports: [ORDERS], providers });

      expect((await run(Orders)).returnvalue).toBe('done');
      expect(calls).toEqual([]);
    });

    it('are for jobs where the root module says so', async () => {
      const root = StepwellModule.forRoot({ ...sharedOptions(), globalEnhancers: true });
      app = await startApp({ imports: [root, ORDERS], providers }, { root: false });

      expect((await run(Orders, {}, { attempts: 3 })).failedReason).toBe(
        'Orders.all() was not called: Forbidden resource',
      );
      expect(calls).toEqual(['stepwell']);
    });

    it('have hooks before them, which see steps and their failures', async () => {
      @Processor('orders')
      class InSteps {
        @Step()
        first(): number {
          return 1;
        }

        @Step({ attempts: 1 })
        second(): never {
          throw new Error('no luck');
        }
      }
      const root = StepwellModule.forRoot({ ...sharedOptions(), globalEnhancers: true });
      app = await compileApp({ imports: [root, ORDERS], providers: [InSteps] }, { root: false });
      app.get(ApplicationConfig).registerPreRequestHook((context, next) => {
        const label = `${context.getType<string>()} ${context.getClass().name}.${context.getHandler().name}`;
        calls.push(label);
        return next().pipe(
          tap({ next: (value) => calls.push(`value ${value}`), error: () => calls.push('error') }),
        );
      });
      await app.init();

      expect((await run(InSteps)).failedReason).toBe('no luck');
      expect(calls).toEqual([
        ...['stepwell InSteps.first', 'value 1'],
        ...['stepwell InSteps.second', 'error'],
      ]);
    });

    it('have no such hooks for jobs otherwise', async () => {
      app = await compileApp({ imports: [ORDERS], providers: [Orders] });
      app.get(ApplicationConfig).registerPreRequestHook((_context, next) => {
        calls.push('hook');
        return next();
      });
      await app.init();

      expect((await run(Orders)).returnvalue).toBe('done');
      expect(calls).toEqual([]);
    });

    it('are refused where they would pass jobs by', async () => {
      @Injectable({ scope: 2 })
      class PerRequest extends NoStrangers {}
      const root = StepwellModule.forRoot({ ...sharedOptions(), globalEnhancers: true });
      app = await compileApp(
        {
          imports: [root, ORDERS],
          providers: [Orders, { provide: APP_GUARD, useClass: PerRequest, scope: 2 }],
        },
        { root: false },
      );

      await expect(app.init()).rejects.toThrow(ScopedGlobalEnhancerError);
    });
  });
});
