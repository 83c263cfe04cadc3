// Run by `npm run check`: what Nest puts around handlers is around those of jobs, on each supported Nest.
import 'reflect-metadata';
import {
  Catch,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { ClsModule, ClsService } from 'nestjs-cls';
import { map, type Observable } from 'rxjs';
import {
  getQueueToken,
  isStepwellContext,
  JOB_REF,
  JobData,
  Process,
  Processor,
  Step,
  StepResult,
  StepwellExecutionContext,
  StepwellModule,
  UnrecoverableError,
  type HandleInfo,
  type Job,
  type Queue,
} from 'stepwell';
import { startRedis } from 'stepwell/testing';

const QUEUE = `sums-${process.pid}`;

class Sum {
  @IsInt()
  left!: number;

  @IsInt()
  right!: number;
}

class Guard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return (
      isStepwellContext(context) && StepwellExecutionContext.create(context).getJob().opts.priority !== 13
    );
  }
}

class Double implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((sum: number) => sum * 2));
  }
}

@Catch(RangeError)
class Final implements ExceptionFilter {
  catch(error: RangeError): never {
    throw new UnrecoverableError(`final: ${error.message}`);
  }
}

@Injectable({ scope: Scope.REQUEST })
class Current {
  constructor(
    @Inject(JOB_REF) readonly job: Job,
    @Inject(ClsService) readonly cls: ClsService,
  ) {}
}

@Injectable()
@Processor(QUEUE)
@UseGuards(Guard)
@UseFilters(Final)
class SumProcessor {
  constructor(@Inject(Current) private readonly current: Current) {}

  @Process('add')
  @UseInterceptors(Double)
  add(@JobData(new ValidationPipe({ expectedType: Sum })) sum: Sum): number {
    return sum.left + sum.right;
  }

  @Process('whose')
  whose(job: Job): boolean {
    return this.current.job === job && this.current.cls.get<string>('jobId') === job.id;
  }

  @Process('fail')
  fail(): void {
    throw new RangeError('too far');
  }
}

@Injectable()
@Processor({ queue: QUEUE, jobName: 'steps' })
class StepProcessor {
  @Step()
  first(): number {
    return 1;
  }

  @Step()
  second(@StepResult('first') first: number): number {
    return first + 1;
  }
}

async function main(): Promise<void> {
  const redis = await startRedis();

  @Module({
    imports: [
      ClsModule.forRoot({ global: true }),
      StepwellModule.forRootAsync({
        inject: [ClsService],
        useFactory: (cls: ClsService) => ({
          connection: { host: redis.host, port: redis.port },
          onHandle: (info: HandleInfo, next: () => Promise<unknown>) =>
            cls.run(() => {
              cls.set('jobId', info.job.id);
              return next();
            }),
        }),
      }),
      StepwellModule.registerQueue({ name: QUEUE }),
    ],
    providers: [SumProcessor, StepProcessor, Current],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const queue = app.get<Queue>(getQueueToken(QUEUE));
  const run = async (name: string, data: unknown, opts = {}): Promise<unknown> =>
    outcomeOf(queue, (await queue.add(name, data, { attempts: 5, ...opts })).id);
  const outcomes = [
    await run('add', { left: 2, right: 3 }),
    await run('add', { left: 'two', right: 3 }),
    await run('add', { left: 2, right: 3 }, { priority: 13 }),
    await run('whose', {}),
    await run('fail', {}),
    await run('steps', {}),
  ];
  const expected = [
    10,
    '1: SumProcessor.add() was not called: left must be an integer number',
    `1: SumProcessor.add() was not called: ${new ForbiddenException('Forbidden resource').message}`,
    true,
    '1: final: too far',
    2,
  ];
  if (JSON.stringify(outcomes) !== JSON.stringify(expected)) throw new Error(JSON.stringify(outcomes));
  await app.close();
  await redis.stop();
  console.log('it works');
}

async function outcomeOf(queue: Queue, id: string): Promise<unknown> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const job = await queue.getJob(id);
    if (job?.finishedOn !== undefined) {
      return job.failedReason === undefined
        ? (job.returnvalue as unknown)
        : `${job.attemptsMade}: ${job.failedReason}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('A job did not finish in time');
}

void main();
