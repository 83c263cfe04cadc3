import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Catch,
  UseFilters,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplicationContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { concatMap, from, map, Observable, of, throwError, timer } from 'rxjs';
import {
  DelayedError,
  type Job,
  JobData,
  Process,
  Processor,
  sleep,
  Step,
  StepwellExecutionContext,
  StepwellModule,
  UnrecoverableError,
} from 'stepwell';
import { queueOf, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

const ORDERS = StepwellModule.registerQueue({ name: 'orders' });

// oxlint-disable-next-line unicorn/no-thenable -- an option of that name
const CHARGE = { then: 'charge' };

class BankAway extends Error {}
class CardRefused extends Error {}

@Catch(BankAway)
class Later implements ExceptionFilter {
  async catch(_error: BankAway, host: ArgumentsHost): Promise<never> {
    const job = StepwellExecutionContext.create(host).getJob();
    await job.moveToDelayed(Date.now() + 20);
    throw new DelayedError();
  }
}

@Catch(CardRefused)
class Never implements ExceptionFilter {
  catch(error: CardRefused): Observable<never> {
    return throwError(() => new UnrecoverableError(`never: ${error.message}`));
  }
}

describe('what handlers throw and emit', () => {
  let app: INestApplicationContext;

  afterEach(async () => {
    await app.close();
  });

  async function run(processor: Type, attempts = 1): Promise<Job> {
    app = await startApp({ imports: [ORDERS], providers: [processor] });
    const queue = queueOf(app, 'orders');
    const { id } = await queue.add('any', {}, { attempts });
    return untilFinished(queue, id);
  }

  it('becomes a delay, a final failure or another try, as filters say', async () => {
    const thrown = [new BankAway('away'), new Error('other'), new CardRefused('no')];

    @Processor('orders')
    @UseFilters(Never)
    class Orders {
      @Process()
      @UseFilters(Later)
      async all(): Promise<void> {
        throw thrown.shift();
      }
    }

    // The delay counts no attempt, the other error one.
    expect(await run(Orders, 9)).toMatchObject({ attemptsMade: 2, failedReason: 'never: no' });
    expect(thrown).toEqual([]);
  });

  it.each([
    ['nothing', undefined, { failedReason: 'broken' }],
    ['a promise of nothing', Promise.resolve(null), { failedReason: 'broken' }],
    ['an Observable of nothing', of<unknown>(), { failedReason: 'broken' }],
    ['an error', new UnrecoverableError('worse'), { failedReason: 'worse' }],
    ['a value', 'instead', { returnvalue: 'instead' }],
    ['an Observable', of(1, 2), { returnvalue: 2 }],
  ])('ends the job where a filter returns %s', async (_what, made, expected) => {
    @Catch()
    class Filter implements ExceptionFilter {
      catch = (): unknown => made;
    }

    @Processor('orders')
    class Orders {
      @Process()
      @UseFilters(new Filter())
      all(): void {
        throw new Error('broken');
      }
    }

    expect(await run(Orders)).toMatchObject(expected);
  });

  it('lets a step go on later, as a filter says', async () => {
    let tries = 0;

    @Catch()
    class Again implements ExceptionFilter {
      catch = (): unknown => sleep(10, CHARGE);
    }

    @Processor('orders')
    class Orders {
      @Step()
      @UseFilters(new Again())
      charge(): string {
        tries += 1;
        if (tries < 3) throw new Error('away');
        return `try ${tries}`;
      }
    }

    expect((await run(Orders)).returnvalue).toBe('try 3');
  });

  it('comes to a filter as a guard or pipe threw it', async () => {
    const seen: unknown[] = [];

    @Catch()
    class Filter implements ExceptionFilter {
      catch(error: Error): void {
        seen.push(error.name);
      }
    }

    @Processor('orders')
    class Orders {
      @Process()
      @UseFilters(new Filter())
      @UsePipes(new ValidationPipe({ forbidUnknownValues: true }))
      all(@JobData() _: CardRefused): void {}
    }

    expect(await run(Orders, 5)).toMatchObject({ attemptsMade: 1 });
    expect(seen).toEqual(['BadRequestException']);
  });

  const emitting = (): Observable<string> =>
    from(['a', 'b', 'c']).pipe(concatMap((each) => timer(20).pipe(map(() => each))));

  it('keeps each emission, as interceptors make it', async () => {
    const kept: unknown[] = [];

    @Processor('orders')
    @UseInterceptors({
      intercept: (_, next) => next.handle().pipe(map((each) => `${String(each)}!`)),
    } as NestInterceptor)
    class Orders {
      @Process()
      async all(job: Job): Promise<Observable<string>> {
        const keep = job.keepEmission.bind(job);
        job.keepEmission = (value: unknown, json: string, step?: string) => {
          kept.push(value);
          return keep(value, json, step);
        };
        return emitting();
      }
    }

    expect((await run(Orders)).returnvalue).toBe('c!');
    expect(kept).toEqual(['a!', 'b!', 'c!']);
  });

  it('keeps no emission of a handler that returns a value', async () => {
    const kept: unknown[] = [];

    @Processor('orders')
    @UseInterceptors({ intercept: (_, next) => next.handle() } as NestInterceptor)
    class Orders {
      @Process()
      all(job: Job): string {
        job.keepEmission = async (value: unknown) => void kept.push(value);
        return 'value';
      }
    }

    expect((await run(Orders)).returnvalue).toBe('value');
    expect(kept).toEqual([]);
  });

  it('ends an Observable that has not emitted yet, once the step takes too long', async () => {
    let isEnded = false;

    @Processor('orders')
    @UseInterceptors({ intercept: (_, next) => next.handle() } as NestInterceptor)
    class Orders {
      @Step({ timeout: 30 })
      first(): Observable<string> {
        return new Observable(() => () => (isEnded = true));
      }
    }

    expect((await run(Orders)).failedReason).toContain('first');
    expect(isEnded).toBe(true);
  });

  it('filters what an Observable fails with after it has emitted', async () => {
    @Processor('orders')
    @UseFilters(Never)
    class Orders {
      @Process()
      all(): Observable<string> {
        return new Observable((subscriber) => {
          subscriber.next('a');
          subscriber.error(new CardRefused('no'));
        });
      }
    }

    expect(await run(Orders, 5)).toMatchObject({ attemptsMade: 1, failedReason: 'never: no' });
  });
});
