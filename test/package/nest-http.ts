// Run by `npm run check`: an application that serves HTTP by Express and by Fastify, with guards, pipes and interceptors for
// requests and jobs, traces and health, on each supported Nest.
import 'reflect-metadata';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Module,
  Param,
  Post,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { IsInt } from 'class-validator';
import { map, type Observable } from 'rxjs';
import {
  getQueueToken,
  InjectQueue,
  isStepwellContext,
  JobData,
  Process,
  Processor,
  StepwellModule,
  UnrecoverableError,
  type Queue,
} from 'stepwell';
import { StepwellHealthIndicator } from 'stepwell/terminus';
import { startRedis } from 'stepwell/testing';

const QUEUE = `sums-${process.pid}`;

class Sum {
  @IsInt()
  left!: number;

  @IsInt()
  right!: number;
}

/** For requests and for jobs. */
class Guard implements CanActivate {
  canActivate(handling: ExecutionContext): boolean {
    if (isStepwellContext(handling)) return true;
    const request = handling.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return request.headers['x-forbidden'] === undefined;
  }
}

class Wrap implements NestInterceptor {
  intercept(handling: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => ({ [handling.getType<string>()]: value })));
  }
}

@Processor(QUEUE)
@UseGuards(Guard)
class SumProcessor {
  @Process()
  @UseInterceptors(Wrap)
  add(@JobData(new ValidationPipe({ expectedType: Sum })) sum: Sum): number {
    return sum.left + sum.right;
  }
}

@Controller()
@UseGuards(Guard)
class SumController {
  constructor(
    @InjectQueue(QUEUE) private readonly queue: Queue<Sum>,
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(StepwellHealthIndicator) private readonly stepwell: StepwellHealthIndicator,
  ) {}

  @Post('sums')
  @UseInterceptors(Wrap)
  async add(@Body() sum: Sum): Promise<string> {
    return (await this.queue.add('sum', sum)).id;
  }

  @Get('sums/:id')
  async result(@Param('id') id: string): Promise<unknown> {
    const job = await this.queue.getJob(id);
    if (!job) throw new ForbiddenException();
    return { result: job.returnvalue, failedReason: job.failedReason ?? null };
  }

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.stepwell.isHealthy('queues')]);
  }
}

const exporter = new InMemorySpanExporter();

function setUpTraces(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
}

async function main(): Promise<void> {
  setUpTraces();
  const redis = await startRedis();

  @Module({
    imports: [
      StepwellModule.forRoot({ connection: { host: redis.host, port: redis.port } }),
      StepwellModule.registerQueue({ name: QUEUE }),
      TerminusModule,
    ],
    controllers: [SumController],
    providers: [SumProcessor, StepwellHealthIndicator],
  })
  class AppModule {}

  const logger: ('error' | 'warn')[] = ['error', 'warn'];
  for (const [name, create] of [
    ['express', () => NestFactory.create(AppModule, { logger })],
    ['fastify', () => NestFactory.create(AppModule, new FastifyAdapter(), { logger })],
  ] as const) {
    const app = await create();
    app.enableShutdownHooks();
    await app.listen(0, '127.0.0.1');
    try {
      await tryOut(
        name,
        (await app.getUrl()).replace('[::1]', '127.0.0.1'),
        app.get<Queue>(getQueueToken(QUEUE)),
      );
    } finally {
      await app.close();
    }
  }
  await redis.stop();
  process.stdout.write('it works\n');
}

async function tryOut(name: string, url: string, queue: Queue): Promise<void> {
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/sums`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  exporter.reset();
  demand(name, (await post({ left: 1, right: 1 }, { 'x-forbidden': 'yes' })).status, 403);

  const { http: good } = (await (await post({ left: 2, right: 3 })).json()) as { http: string };
  const { http: bad } = (await (await post({ left: 'two', right: 3 })).json()) as { http: string };
  await ended(queue, good, bad);
  const read = async (id: string): Promise<unknown> => (await fetch(`${url}/sums/${id}`)).json();
  demand(name, await read(good), { result: { stepwell: 5 }, failedReason: null });
  const { failedReason } = (await read(bad)) as { failedReason: string };
  if (!failedReason.includes('left must be an integer')) throw new UnrecoverableError(failedReason);

  const ready = await fetch(`${url}/ready`);
  demand(name, [ready.status, ((await ready.json()) as { status: string }).status], [200, 'ok']);

  const spans = exporter.getFinishedSpans();
  const [add] = spans.filter((span) => span.name.startsWith('add '));
  const run = spans.find(({ parentSpanContext }) => parentSpanContext?.spanId === add?.spanContext().spanId);
  demand(name, [add?.name, run?.name.split(' ')[0]], [`add ${QUEUE}`, 'process']);
}

async function ended(queue: Queue, ...ids: string[]): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const states = await Promise.all(ids.map((id) => queue.getJobState(id)));
    if (states.every((state) => state === 'completed' || state === 'failed')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The jobs ${ids.join(', ')} have not ended.`);
}

function demand(name: string, found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${name}: ${is} is not ${should}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
