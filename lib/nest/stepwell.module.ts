import {
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
} from '@nestjs/common';
import type { RegisterFlowProducerOptions } from './interfaces/register-flow-producer-options.interface.js';
import type {
  RegisterQueueAsyncOptions,
  RegisterQueueOptions,
} from './interfaces/register-queue-options.interface.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';
import type { Queue } from '../queue/queue.js';
import type { QueueOptions } from '../queue/queue-options.js';
import type { FlowProducerOptions } from '../flow/flow-options.js';
import { baseOptionsOf } from './base-options.js';
import { mergeQueueOptions } from './merge-queue-options.js';
import { getFlowProducerToken, getQueueEventsToken, getQueueToken, nameOfQueueToken } from './queue-token.js';
import { StepwellRegistryModule } from './stepwell-registry.module.js';
import { StepwellWorkerModule } from './stepwell-worker.module.js';
import { ConfigurableModuleClass, STEPWELL_OPTIONS } from './stepwell.module-definition.js';
import { StepwellRegistry } from './stepwell.registry.js';

/**
 * Queues and their processors in a Nest application.
 *
 * @example
 * @Module({
 *   imports: [
 *     StepwellModule.forRoot({ connection: 'redis://127.0.0.1:6379' }),
 *     StepwellModule.registerQueue({ name: 'orders' }),
 *   ],
 *   providers: [OrderProcessor],
 * })
 * export class AppModule {}
 */
@Module({ imports: [StepwellRegistryModule, StepwellWorkerModule] })
export class StepwellModule extends ConfigurableModuleClass {
  /**
   * Options that all queues and workers of the application share. Import it once, in the root module.
   *
   * @example
   * StepwellModule.forRoot({ connection: { host: 'redis.internal' }, prefix: 'shop' });
   */
  static override forRoot(options: StepwellOptions): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * As `forRoot`, with options that other providers know.
   *
   * @example
   * StepwellModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ connection: config.getOrThrow('REDIS_URL') }),
   * });
   */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<StepwellOptions, 'createStepwellOptions'>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * Makes queues injectable in the module that imports this. A queue may be registered in several modules with the
   * same options.
   *
   * @example
   * StepwellModule.registerQueue({ name: 'orders' }, { name: 'mails', defaultJobOptions: { attempts: 5 } });
   */
  static registerQueue(...queues: RegisterQueueOptions[]): DynamicModule {
    return this.withQueues(queues.map(({ name, ...options }) => queueProvider(name, () => options)));
  }

  /**
   * As `registerQueue`, with options that other providers know.
   *
   * @example
   * StepwellModule.registerQueueAsync({
   *   name: 'orders',
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ prefix: config.getOrThrow('TENANT') }),
   * });
   */
  static registerQueueAsync(...queues: RegisterQueueAsyncOptions[]): DynamicModule {
    const providers = queues.map(({ name, useFactory, inject }) => queueProvider(name, useFactory, inject));
    return { ...this.withQueues(providers), imports: queues.flatMap(({ imports }) => imports ?? []) };
  }

  /**
   * Makes flow producers injectable in the module that imports this; they are where `forRoot` says, unless told otherwise.
   *
   * @example
   * StepwellModule.registerFlowProducer({});
   */
  static registerFlowProducer(...producers: RegisterFlowProducerOptions[]): DynamicModule {
    const providers = producers.map(flowProducerProvider);
    return { module: this, providers, exports: providers.map(({ provide }) => provide) };
  }

  private static withQueues(providers: FactoryProvider[]): DynamicModule {
    const all = [...providers, ...providers.map(eventsProvider)];
    return { module: this, providers: all, exports: all.map(({ provide }) => provide) };
  }
}

/** The events of a queue are where the queue is. */
function eventsProvider({ provide: queueToken }: FactoryProvider): FactoryProvider {
  return {
    provide: getQueueEventsToken(nameOfQueueToken(String(queueToken))),
    inject: [StepwellRegistry, queueToken],
    useFactory: (registry: StepwellRegistry, queue: Queue) => registry.getEvents(queue.name),
  };
}

function queueProvider(
  name: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- dependencies have whatever types their tokens give
  ownOptions: (...dependencies: any[]) => QueueOptions | Promise<QueueOptions>,
  inject: FactoryProvider['inject'] = [],
): FactoryProvider {
  return {
    provide: getQueueToken(name),
    inject: [StepwellRegistry, { token: STEPWELL_OPTIONS, optional: true }, ...inject],
    useFactory: async (
      registry: StepwellRegistry,
      shared: StepwellOptions | undefined,
      ...dependencies: unknown[]
    ) => registry.openQueue(name, mergeQueueOptions(shared, await ownOptions(...dependencies))),
  };
}

function flowProducerProvider({ name, ...own }: RegisterFlowProducerOptions): FactoryProvider {
  const token = getFlowProducerToken(name);
  return {
    provide: token,
    inject: [StepwellRegistry, { token: STEPWELL_OPTIONS, optional: true }],
    useFactory: (registry: StepwellRegistry, shared: StepwellOptions | undefined) =>
      registry.openFlowProducer(token, { ...producerOptionsOf(shared ?? {}), ...producerOptionsOf(own) }),
  };
}

function producerOptionsOf(options: FlowProducerOptions): FlowProducerOptions {
  const { callTimeout, backlog } = options;
  return {
    ...baseOptionsOf(options),
    ...(callTimeout === undefined ? {} : { callTimeout }),
    ...(backlog === undefined ? {} : { backlog }),
  };
}
