import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Inject, Injectable, Module, type Provider, Scope } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import * as theirs from '@nestjs/bullmq';
import * as bullmq from 'bullmq';
import * as stepwellBullmq from '../../lib/compat/bullmq/index.js';
import * as ours from '../../lib/compat/nestjs-bullmq/index.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';
import { expectEqual, until } from './both.js';

type NestBullMQ = typeof theirs;
type BullMQ = typeof bullmq;

interface Stage {
  nest: NestBullMQ;
  lib: BullMQ;
  name: string;
  opts: { connection: { url: string; maxRetriesPerRequest: null }; prefix: string };
  /** Starts an application; it is closed at the end. */
  start(
    imports: unknown[],
    providers: Provider[],
    change?: (builder: TestingModuleBuilder) => void,
  ): Promise<TestingModule>;
}

const quiet = (): void => {};
const SILENT = { log: quiet, error: quiet, warn: quiet };

const PREFIXES = { ours: 'nest-ours', theirs: 'nest-theirs' };

async function stage(
  nest: NestBullMQ,
  lib: BullMQ,
  prefix: string,
  name: string,
  program: (stage: Stage) => Promise<unknown>,
): Promise<unknown> {
  const apps: TestingModule[] = [];
  const opts = { connection: { url: testRedisUrl(), maxRetriesPerRequest: null }, prefix };
  const start: Stage['start'] = async (imports, providers, change) => {
    const builder = Test.createTestingModule({ imports: imports as never[], providers }).setLogger(SILENT);
    change?.(builder);
    const app = await builder.compile();
    apps.push(app);
    await app.init();
    return app;
  };
  try {
    return await program({ nest, lib, name, opts, start });
  } finally {
    for (const app of apps) await app.close();
    const queue = new lib.Queue(name, opts);
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

/** Runs one application with either package. What it answers has to be the same. */
async function expectSame(program: (stage: Stage) => Promise<unknown>): Promise<void> {
  const name = randomQueueName();
  const there = await stage(theirs, bullmq, PREFIXES.theirs, name, program);
  const here = await stage(
    ours as unknown as NestBullMQ,
    stepwellBullmq as unknown as BullMQ,
    PREFIXES.ours,
    name,
    program,
  );
  expectEqual(here, there, PREFIXES);
}

/** Name of the error that a start ends with. */
async function refusal(starting: Promise<unknown>): Promise<string> {
  return starting.then(
    () => 'none',
    (error: Error) => error.constructor.name,
  );
}

describe('stepwell/nestjs-bullmq', () => {
  it('exports what @nestjs/bullmq exports', async () => {
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
    const root = dirname(createRequire(import.meta.url).resolve('@nestjs/bullmq'));
    const files = [
      ...['bull-processor', 'register-flow-options', 'register-queue-options', 'shared-bull-config'].map(
        (file) => `interfaces/${file}${file === 'bull-processor' ? '.interfaces' : '.interface'}.d.ts`,
      ),
      ...['processor', 'on-worker-event', 'on-queue-event', 'queue-events-listener'].map(
        (file) => `decorators/${file}.decorator.d.ts`,
      ),
      'bull.types.d.ts',
    ];
    const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
    const types = texts.flatMap((text) =>
      [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map((each) => each[1]!),
    );
    const own = await Promise.all(
      ['index.ts', 'options.interface.ts', 'decorators.ts'].map((file) =>
        readFile(new URL(`../../lib/compat/nestjs-bullmq/${file}`, import.meta.url), 'utf8'),
      ),
    );
    expect(types.length).toBeGreaterThan(10);
    expect(types.filter((type) => !new RegExp(`\\b${type}\\b`).test(own.join('\n')))).toEqual([]);
  });

  it('has the same tokens', () => {
    for (const name of [undefined, '', 'mail']) {
      for (const [own, other] of [
        [ours.getQueueToken, theirs.getQueueToken],
        [ours.getQueueOptionsToken, theirs.getQueueOptionsToken],
        [ours.getFlowProducerToken, theirs.getFlowProducerToken],
        [ours.getFlowProducerOptionsToken, theirs.getFlowProducerOptionsToken],
        [ours.getSharedConfigToken, theirs.getSharedConfigToken],
      ] as const) {
        expect(own(name)).toBe(other(name));
      }
    }
    expect(ours.BULL_CONFIG_DEFAULT_TOKEN).toBe(theirs.BULL_CONFIG_DEFAULT_TOKEN);
    expect(ours.JOB_REF).toBe(theirs.JOB_REF);
  });

  it('runs processors, listeners, queues and flow producers', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      const told: string[] = [];
      @nest.Processor(name, { concurrency: 2 })
      class Mails extends nest.WorkerHost {
        async process(job: bullmq.Job): Promise<unknown> {
          if (job.name === 'bad') throw new Error('as told');
          return `${job.name} by ${this.worker.name === name}`;
        }

        @nest.OnWorkerEvent('completed')
        onCompleted(job: bullmq.Job, result: unknown): void {
          told.push(`completed ${job.name} ${result}`);
        }

        @nest.OnWorkerEvent('failed')
        onFailed(job: bullmq.Job, error: Error): void {
          told.push(`failed ${job.name} ${error.message}`);
        }
      }
      @nest.QueueEventsListener(name)
      class Listener extends nest.QueueEventsHost {
        @nest.OnQueueEvent('completed')
        onCompleted({ returnvalue }: { returnvalue: unknown }): void {
          told.push(`event ${returnvalue} ${this.queueEvents.name === name}`);
        }
      }
      @Injectable()
      class Service {
        constructor(
          @nest.InjectQueue(name) readonly queue: bullmq.Queue,
          @nest.InjectFlowProducer('flows') readonly flows: bullmq.FlowProducer,
        ) {}
      }
      const app = await start(
        [
          nest.BullModule.forRoot(opts),
          nest.BullModule.registerQueue({ name }),
          nest.BullModule.registerFlowProducer({ name: 'flows' }),
        ],
        [Mails, Listener, Service],
      );
      const { queue, flows } = app.get(Service);
      await app.get(Listener).queueEvents.waitUntilReady();
      await queue.add('good', {});
      await queue.add('bad', {});
      await flows.add({
        name: 'top',
        queueName: name,
        children: [{ name: 'below', queueName: name, data: {} }],
      });
      await until(() => told.length >= 7);
      return {
        told: told.toSorted(),
        isQueue: queue instanceof lib.Queue && flows instanceof lib.FlowProducer,
        prefix: queue.opts.prefix === opts.prefix,
        concurrency: app.get(Mails).worker.concurrency,
      };
    }));

  it('takes options in all the ways', () =>
    expectSame(async ({ nest, name, opts, start }) => {
      class Shared {
        createSharedConfiguration(): bullmq.QueueOptions {
          return { ...opts, defaultJobOptions: { attempts: 3 } };
        }
      }
      class Own {
        createRegisterQueueOptions(): object {
          return { defaultJobOptions: { attempts: 5 } };
        }
      }
      @Module({ providers: [Shared, Own], exports: [Shared, Own] })
      class Config {}
      const roots = [
        nest.BullModule.forRoot({ ...opts, defaultJobOptions: { attempts: 2 } }),
        nest.BullModule.forRootAsync({
          useFactory: async () => ({ ...opts, defaultJobOptions: { attempts: 2 } }),
        }),
        nest.BullModule.forRootAsync({ useClass: Shared }),
        nest.BullModule.forRootAsync({ imports: [Config], useExisting: Shared }),
        nest.BullModule.forRootAsync({
          imports: [Config],
          inject: [Shared],
          useFactory: (shared: Shared) => shared.createSharedConfiguration(),
        }),
      ];
      const queues = [
        nest.BullModule.registerQueue({ name }),
        nest.BullModule.registerQueue({ name, defaultJobOptions: { attempts: 4 } }),
        nest.BullModule.registerQueueAsync({
          name,
          useFactory: async () => ({ defaultJobOptions: { attempts: 6 } }),
        }),
        nest.BullModule.registerQueueAsync({ name, useClass: Own }),
        nest.BullModule.registerQueueAsync({ name, imports: [Config], useExisting: Own }),
        nest.BullModule.registerQueueAsync({ name }),
      ];
      const attempts: unknown[] = [];
      const look = async (imports: unknown[]): Promise<void> => {
        const app = await start(imports, []);
        const queue = app.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false });
        attempts.push([queue.name, queue.opts.prefix === opts.prefix, queue.defaultJobOptions.attempts]);
      };
      for (const root of roots) await look([root, queues[0]]);
      for (const queue of queues) await look([roots[0], queue]);
      await look([
        nest.BullModule.forRoot('other', { ...opts, defaultJobOptions: { attempts: 9 } }),
        nest.BullModule.registerQueue({ name, configKey: 'other' }),
      ]);
      await look([
        nest.BullModule.forRootAsync('other', { useClass: Shared }),
        nest.BullModule.registerQueueAsync({ name, configKey: 'other', useFactory: () => ({}) }),
      ]);
      return attempts;
    }));

  it('shares and cuts connections, and takes providers of its own', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      const PREFIX = 'prefix of the application';
      const own = { provide: PREFIX, useValue: opts.prefix };
      const app = await start(
        [
          nest.BullModule.forRootAsync({
            useFactory: (prefix: string) => ({ ...opts, prefix }),
            inject: [PREFIX],
            extraProviders: [own],
          }),
          nest.BullModule.registerQueue({ name, sharedConnection: true, forceDisconnectOnShutdown: true }),
          nest.BullModule.registerQueueAsync({
            name: `${name}-2`,
            useFactory: (prefix: string) => ({ prefix }),
            inject: [PREFIX],
            extraProviders: [own],
          }),
          nest.BullModule.registerFlowProducer({ name: 'flows', forceDisconnectOnShutdown: false }),
        ],
        [],
      );
      const queues = [name, `${name}-2`].map((each) => app.get<bullmq.Queue>(nest.getQueueToken(each)));
      const flows = app.get<bullmq.FlowProducer>(nest.getFlowProducerToken('flows'));
      const { job } = await flows.add({ name: 'a', queueName: name, data: {} });
      await flows.close();
      return [queues.map((queue) => [queue.qualifiedName, queue instanceof lib.Queue]), job.queueName];
    }));

  it('makes flow producers in all the ways, and starts what a configuration of its own says', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      class Own {
        createRegisterQueueOptions(): object {
          return opts;
        }
      }
      const OPTS = 'options of the application';
      @Module({
        providers: [Own, { provide: OPTS, useValue: opts }],
        exports: [Own, OPTS],
      })
      class Config {}
      const app = await start(
        [
          nest.BullModule.forRootAsync('named', {
            imports: [Config],
            inject: [OPTS],
            useFactory: (given: object) => given as bullmq.QueueOptions,
            extraOptions: { manualRegistration: false },
          }),
          nest.BullModule.registerQueueAsync({ name, configKey: 'named', imports: [Config], useClass: Own }),
          nest.BullModule.registerFlowProducer({ name: 'plain', configKey: 'named' }),
          nest.BullModule.registerFlowProducerAsync({
            ...{ name: 'made', configKey: 'named', imports: [Config], inject: [OPTS] },
            useFactory: (given: object) => given as bullmq.QueueOptions,
          }),
          nest.BullModule.registerFlowProducerAsync({ name: 'classy', useClass: Own as never }),
          nest.BullModule.registerFlowProducerAsync({
            ...{ name: 'there', imports: [Config], useExisting: Own as never },
          }),
        ],
        [],
      );
      const shown: unknown[] = [];
      for (const each of ['plain', 'made', 'classy', 'there']) {
        const flows = app.get<bullmq.FlowProducer>(nest.getFlowProducerToken(each), { strict: false });
        const { job } = await flows.add({ name: each, queueName: name, prefix: opts.prefix, data: {} });
        shown.push([flows instanceof lib.FlowProducer, job.name, flows.opts.prefix]);
      }
      const queue = app.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false });
      return [shown, await queue.getWaitingCount()];
    }));

  it('refuses what it cannot run', () =>
    expectSame(async ({ nest, name, opts, start }) => {
      @nest.Processor(name)
      class NoHost {}
      @nest.QueueEventsListener(name)
      class NoEventsHost {}
      @nest.Processor('nobody-registered')
      class Lonely extends nest.WorkerHost {
        async process(): Promise<void> {}
      }
      const queue = nest.BullModule.registerQueue({ name, ...opts });
      return [
        await refusal(start([queue], [NoHost])),
        await refusal(start([queue], [NoEventsHost])),
        (await refusal(start([queue], [Lonely]))) === 'none',
        await refusal(start([nest.BullModule.registerQueue({ name, configKey: 'missing' })], [])),
      ];
    }));

  it('gives a worker the options of a queue that the application or a test has made by itself', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      @nest.Processor(name)
      class Mails extends nest.WorkerHost {
        async process(job: bullmq.Job): Promise<string> {
          return job.name;
        }
      }
      const nowhere = { connection: { host: '127.0.0.1', port: 1 } };
      const states: unknown[] = [];
      const run = async (app: TestingModule): Promise<void> => {
        const queue = app.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false });
        const job = await queue.add('a', {});
        await until(async () => (await queue.getJobState(job.id!)) === 'completed');
        states.push([queue.name, app.get(Mails).worker.opts.prefix === opts.prefix]);
        await app.close();
        await queue.close();
      };
      const own = { provide: nest.getQueueToken(name), useFactory: () => new lib.Queue(name, opts) };
      await run(await start([nest.BullModule.registerQueue({ ...opts, name: `${name}-2` })], [own, Mails]));
      const queue = new lib.Queue(name, opts);
      await run(
        await start([nest.BullModule.registerQueue({ ...nowhere, name })], [Mails], (builder) =>
          builder.overrideProvider(nest.getQueueToken(name)).useValue(queue),
        ),
      );
      return states;
    }));

  it('names a queue as its factory says, and has classes of one’s own', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      class OwnQueue extends lib.Queue {
        readonly isOwn = true;
      }
      class OwnWorker extends lib.Worker {
        readonly isOwn = true;
      }
      nest.BullModule.queueClass = OwnQueue;
      nest.BullModule.workerClass = OwnWorker;
      try {
        @nest.Processor({ name: 'short', configKey: 'second' }, { autorun: false })
        class Mails extends nest.WorkerHost {
          async process(): Promise<void> {}
        }
        const app = await start(
          [
            nest.BullModule.forRoot('first', { ...opts, defaultJobOptions: { attempts: 2 } }),
            nest.BullModule.forRoot('second', { ...opts, defaultJobOptions: { attempts: 3 } }),
            nest.BullModule.registerQueueAsync({
              name: 'short',
              configKey: 'second',
              useFactory: () => ({ name: `${name}-long` }),
            }),
            nest.BullModule.registerQueue({ name, configKey: 'first' }),
          ],
          [Mails],
        );
        const queues = ['short', name].map((each) => app.get<bullmq.Queue>(nest.getQueueToken(each)));
        const { worker } = app.get(Mails);
        return [
          queues.map((queue) => [queue.name, queue.defaultJobOptions.attempts, 'isOwn' in queue]),
          [worker.name, 'isOwn' in worker, worker.isRunning()],
        ];
      } finally {
        nest.BullModule.queueClass = lib.Queue;
        nest.BullModule.workerClass = lib.Worker;
      }
    }));

  it('hands processors to a service that may wrap them, and makes flow producers of a class of one’s own', () =>
    expectSame(async ({ nest, lib, name, opts, start }) => {
      const wrapped: string[] = [];
      @nest.Processor(name)
      class Mails extends nest.WorkerHost {
        async process(job: bullmq.Job): Promise<void> {
          wrapped.push(job.name);
        }
      }
      class Wrapping extends nest.ProcessorDecoratorService {
        override decorate(processor: bullmq.Processor): bullmq.Processor {
          return async (job, ...rest) => {
            wrapped.push('before');
            await processor(job, ...rest);
          };
        }
      }
      class OwnFlows extends lib.FlowProducer {
        readonly isOwn = true;
      }
      nest.BullModule.flowProducerClass = OwnFlows as never;
      try {
        const app = await start(
          [
            nest.BullModule.forRoot(opts),
            nest.BullModule.registerQueue({ name }),
            nest.BullModule.registerFlowProducer({ name: 'flows' }),
          ],
          [Mails],
          (builder) => builder.overrideProvider(nest.ProcessorDecoratorService).useClass(Wrapping),
        );
        const flows = app.get<bullmq.FlowProducer>(nest.getFlowProducerToken('flows'), { strict: false });
        await flows.add({ name: 'a', queueName: name });
        await until(() => wrapped.length === 2);
        return [wrapped, 'isOwn' in flows];
      } finally {
        nest.BullModule.flowProducerClass = lib.FlowProducer;
      }
    }));

  it('waits for the registrar where the options say so', () =>
    expectSame(async ({ nest, name, opts, start }) => {
      @nest.Processor(name)
      class Worker extends nest.WorkerHost {
        async process(): Promise<string> {
          return 'done';
        }
      }
      const app = await start(
        [
          nest.BullModule.forRoot({ ...opts, extraOptions: { manualRegistration: true } }),
          nest.BullModule.registerQueue({ name }),
        ],
        [Worker],
      );
      const before = await refusal(Promise.resolve().then(() => app.get(Worker).worker));
      app.get(nest.BullRegistrar, { strict: false }).register();
      const queue = app.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false });
      const job = await queue.add('a', {});
      await until(async () => (await queue.getJobState(job.id!)) === 'completed');
      return [before !== 'none', app.get(Worker).worker.name === name];
    }));

  it('runs processors that are given where the queue is registered, and those of each request', () =>
    expectSame(async ({ nest, name, opts, start }) => {
      const results: unknown[] = [];
      @nest.Processor({ name, scope: Scope.REQUEST })
      class Scoped extends nest.WorkerHost {
        constructor(@Inject(nest.JOB_REF) private readonly job: bullmq.Job) {
          super();
        }

        async process(job: bullmq.Job): Promise<void> {
          results.push([this.job.id === job.id, job.name]);
        }
      }
      const app = await start(
        [nest.BullModule.forRoot(opts), nest.BullModule.registerQueue({ name })],
        [Scoped],
      );
      const queue = app.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false });
      await queue.addBulk([
        { name: 'a', data: {} },
        { name: 'b', data: {} },
      ]);
      await until(() => results.length === 2);
      await app.close();
      const inline = await start(
        [
          nest.BullModule.registerQueue({
            ...{ ...opts, name },
            processors: [{ concurrency: 3, callback: async (job) => results.push(['inline', job.name]) }],
          }),
        ],
        [],
      );
      await inline.get<bullmq.Queue>(nest.getQueueToken(name), { strict: false }).add('c', {});
      await until(() => results.length === 3);
      return results;
    }));
});

describe('a queue that a test has replaced', () => {
  it('has no worker', async () => {
    const name = randomQueueName();
    const added: string[] = [];
    @ours.Processor(name)
    class Mails extends ours.WorkerHost {
      async process(): Promise<void> {}
    }
    const app = await Test.createTestingModule({
      imports: [
        ours.BullModule.forRoot({ connection: { port: 1 } }),
        ours.BullModule.registerQueue({ name }),
      ],
      providers: [Mails],
    })
      .overrideProvider(ours.getQueueToken(name))
      .useValue({ add: async (job: string) => added.push(job) })
      .compile();
    await app.init();
    await app.get<{ add(job: string): Promise<void> }>(ours.getQueueToken(name), { strict: false }).add('a');
    expect(added).toEqual(['a']);
    expect(() => app.get(Mails).worker).toThrow(/not there yet/);
    await app.close();
  });
});
