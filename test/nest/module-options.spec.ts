import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Redis } from 'ioredis';
import {
  type FlowProducer,
  getFlowProducerToken,
  InjectQueue,
  OnQueueEvent,
  Process,
  Processor,
  QueueNotRegisteredError,
  StepwellModule,
  StepwellRegistry,
  type Queue,
  type QueueOptions,
  type StepwellOptions,
  type StepwellOptionsFactory,
} from 'stepwell';
import { compileApp, queueOf, sharedOptions, startApp } from './test-app.js';
import { untilFinished } from './until-finished.js';

const shared = sharedOptions();

@Injectable()
class Config implements StepwellOptionsFactory {
  createStepwellOptions(): QueueOptions {
    return { ...shared, defaultJobOptions: { attempts: 4, priority: 2 } };
  }
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

describe('options', () => {
  it('of the root reach every queue, under its own', async () => {
    const app = await compileApp(
      {
        imports: [
          StepwellModule.forRoot({ ...shared, defaultJobOptions: { attempts: 4, priority: 2 } }),
          StepwellModule.registerQueue({ name: 'a' }, { name: 'b', defaultJobOptions: { attempts: 1 } }),
          StepwellModule.registerQueue({ name: 'c', prefix: `${shared.prefix}-c` }),
        ],
      },
      { root: false },
    );

    expect(queueOf(app, 'a').opts).toEqual({ ...shared, defaultJobOptions: { attempts: 4, priority: 2 } });
    expect(queueOf(app, 'b').opts.defaultJobOptions).toEqual({ attempts: 1, priority: 2 });
    expect(queueOf(app, 'c').qualifiedName).toBe(`${shared.prefix}-c:c`);
    await app.close();
  });

  it('have queues, workers, events and flow producers take Redis as it is, by skipVersionCheck', async () => {
    let asked = 0;
    const client = new Redis(String(shared.connection), { enableReadyCheck: false });
    client.info = async () => `redis_version:5.0.${(asked += 1)}`;
    @Processor('a')
    class Handler {
      @Process()
      handle(): number {
        return 1;
      }
      @OnQueueEvent('completed')
      onCompleted(): void {}
    }
    const app = await startApp(
      {
        imports: [
          StepwellModule.forRoot({ ...shared, connection: client, skipVersionCheck: true }),
          StepwellModule.registerQueue({ name: 'a' }),
          StepwellModule.registerFlowProducer(),
        ],
        providers: [Handler],
      },
      { root: false },
    );
    const { job } = await app.get<FlowProducer>(getFlowProducerToken()).add({ name: 'x', queueName: 'a' });
    await untilFinished(queueOf(app, 'a'), job.id);
    await app.close();
    client.disconnect();
    expect(asked).toBe(0);
  });

  it('of BullMQ that have nothing to do are refused, and what to do instead is said', () => {
    const options = { ...shared, blockingConnection: false } as StepwellOptions;
    expect(() => StepwellModule.forRoot(options)).toThrow(/blockingConnection[^]*Use callTimeout/);
  });

  it.each([
    ['useFactory', { useFactory: (config: Config) => config.createStepwellOptions(), inject: [Config] }],
    ['an async useFactory', { useFactory: async () => new Config().createStepwellOptions() }],
    ['useClass', { useClass: Config }],
    ['useExisting', { useExisting: Config }],
  ])('of the root may come from %s', async (_way, way) => {
    const app = await compileApp(
      {
        imports: [
          StepwellModule.forRootAsync({ imports: [ConfigModule], ...way }),
          StepwellModule.registerQueue({ name: 'a' }),
        ],
      },
      { root: false },
    );

    expect(queueOf(app, 'a').opts).toMatchObject({
      prefix: shared.prefix,
      defaultJobOptions: { attempts: 4 },
    });
    const job = await queueOf(app, 'a').add('job', {});
    expect(job.opts.attempts).toBe(4);
    await app.close();
  });

  it('of a queue may come from a factory', async () => {
    const app = await compileApp({
      imports: [
        StepwellModule.registerQueueAsync({
          name: 'a',
          imports: [ConfigModule],
          inject: [Config],
          useFactory: async (config: Config) => ({
            streams: { events: { maxLen: 7 } },
            ...config.createStepwellOptions(),
          }),
        }),
      ],
    });

    expect(queueOf(app, 'a').opts).toMatchObject({
      prefix: shared.prefix,
      streams: { events: { maxLen: 7 } },
    });
    await app.close();
  });

  it('need no root where a queue brings its own', async () => {
    const app = await compileApp(
      { imports: [StepwellModule.registerQueue({ name: 'a', ...shared })] },
      { root: false },
    );

    expect(await queueOf(app, 'a').getJobCounts()).toMatchObject({ failed: 0 });
    await app.close();
  });

  it('equal in two modules give one queue, which the registry knows too', async () => {
    @Injectable()
    class First {
      constructor(@InjectQueue('a') readonly queue: Queue) {}
    }
    @Module({ imports: [StepwellModule.registerQueue({ name: 'a' })], providers: [First] })
    class FirstModule {}

    @Injectable()
    class Second {
      constructor(
        @InjectQueue('a') readonly queue: Queue,
        readonly registry: StepwellRegistry,
      ) {}
    }
    @Module({ imports: [StepwellModule.registerQueue({ name: 'a' })], providers: [Second] })
    class SecondModule {}

    const app = await compileApp({ imports: [FirstModule, SecondModule] });
    const { queue, registry } = app.get(Second);

    expect(app.get(First).queue).toBe(queue);
    expect(registry.getQueues()).toEqual([queue]);
    expect(registry.getQueue('a')).toBe(queue);
    expect(registry.getWorker('a')).toBeUndefined();
    expect(() => registry.getQueue('b')).toThrow(QueueNotRegisteredError);
    await app.close();
  });
});
