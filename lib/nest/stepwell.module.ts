import {
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type FactoryProvider,
  type Provider,
} from '@nestjs/common';
import type { RegisterFlowProducerOptions } from './interfaces/register-flow-producer-options.interface.js';
import type {
  RegisterQueueAsyncOptions,
  RegisterQueueOptions,
} from './interfaces/register-queue-options.interface.js';
import type { StepwellOptions } from './interfaces/stepwell-options.interface.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import type { QueueOptions } from '../queue/queue-options.js';
import type { FlowProducerOptions } from '../flow/flow-options.js';
import { baseOptionsOf } from './base-options.js';
import { QueueDefinition, type QueueName, queueNameOf } from './define-queue.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import { mergeQueueOptions } from './merge-queue-options.js';
import { getFlowProducerToken, getQueueEventsToken, getQueueToken, nameOfQueueToken } from './queue-token.js';
import { SharedOptions } from './shared-options.js';
import { checkRootOptions } from './root-options.js';
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
    checkRootOptions(options, 'forRoot option');
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
    const definition = super.forRootAsync(options);
    return { ...definition, providers: (definition.providers ?? []).map(withCheckedOptions) };
  }

  /**
   * Makes queues injectable in the module that imports this. A queue may be registered in several modules with the
   * same options.
   *
   * @example
   * StepwellModule.registerQueue({ name: 'orders' }, { name: 'mails', defaultJobOptions: { attempts: 5 } });
   */
  static registerQueue(...queues: (RegisterQueueOptions | QueueDefinition<any>)[]): DynamicModule {
    const providers = queues.map((queue) => {
      checkQueueObject(queue);
      const { name, ...options } = queue instanceof QueueDefinition ? { name: queue } : queue;
      return queueProvider(name, () => options);
    });
    return this.withQueues(providers);
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
    const providers = queues.map(({ name, useFactory, inject, imports: _imports, ...others }) => {
      if (typeof useFactory !== 'function') {
        const hint =
          'Use a function that returns the options; only forRootAsync takes useClass and useExisting.';
        throw new InvalidOptionError(
          `registerQueueAsync useFactory of queue ${queueNameOf(name)}`,
          useFactory,
          hint,
        );
      }
      refuseUnknown('registerQueueAsync option', others, ['name', 'imports', 'inject', 'useFactory']);
      return queueProvider(name, useFactory, inject);
    });
    return { ...this.withQueues(providers), imports: queues.flatMap(({ imports }) => imports ?? []) };
  }

  /**
   * Makes flow producers injectable in the module that imports this; they are where `forRoot` says, unless an option says otherwise.
   *
   * @example
   * StepwellModule.registerFlowProducer();
   */
  static registerFlowProducer(...producers: RegisterFlowProducerOptions[]): DynamicModule {
    const providers = (producers.length > 0 ? producers : [{}]).map(flowProducerProvider);
    return { module: this, providers, exports: providers.map(({ provide }) => provide) };
  }

  private static withQueues(providers: FactoryProvider[]): DynamicModule {
    const all = [...providers, ...providers.map(eventsProvider)];
    return {
      module: this,
      providers: [...providers.map(registrationProvider), ...all],
      exports: all.map(({ provide }) => provide),
    };
  }
}

/** Names a queue beside the provider of it, for which a test may put something else. */
function registrationProvider({ provide: queueToken }: FactoryProvider): FactoryProvider {
  const token = String(queueToken);
  return {
    provide: `${token}:registered`,
    inject: [StepwellRegistry],
    useFactory: (registry: StepwellRegistry) => registry.register(nameOfQueueToken(token)),
  };
}

/** The events of a queue are where the queue is. */
function eventsProvider({ provide: queueToken }: FactoryProvider): FactoryProvider {
  const token = String(queueToken);
  const name = nameOfQueueToken(token);
  return {
    provide: getQueueEventsToken(name),
    inject: [StepwellRegistry, `${token}:registered`, queueToken],
    useFactory: (registry: StepwellRegistry) => registry.provideEvents(name),
  };
}

/** What a factory of `forRootAsync` returns is checked as what `forRoot` is given. */
function withCheckedOptions(provider: Provider): Provider {
  if (!('provide' in provider) || provider.provide !== STEPWELL_OPTIONS || !('useFactory' in provider)) {
    return provider;
  }
  const { useFactory } = provider;
  return {
    ...provider,
    useFactory: async (...dependencies: unknown[]) => {
      const options = (await useFactory(...dependencies)) as StepwellOptions;
      checkRootOptions(options, 'forRootAsync option');
      return options;
    },
  };
}

/** A name alone would be spread into its letters. */
function checkQueueObject(given: unknown): void {
  if (typeof given !== 'object' || given === null) {
    const hint = "Use an object such as { name: 'orders' }, or what defineQueue gives.";
    throw new InvalidOptionError('registerQueue options', given, hint);
  }
}

function queueProvider(
  queue: QueueName,
  // oxlint-disable-next-line typescript/no-explicit-any -- dependencies have whatever types their tokens give
  ownOptions: (...dependencies: any[]) => QueueOptions | Promise<QueueOptions>,
  inject: FactoryProvider['inject'] = [],
): FactoryProvider {
  const name = queueNameOf(queue);
  return {
    provide: getQueueToken(name),
    inject: [StepwellRegistry, SharedOptions, ...inject],
    useFactory: async (registry: StepwellRegistry, shared: SharedOptions, ...dependencies: unknown[]) => {
      const own = (await ownOptions(...dependencies)) as QueueOptions | undefined;
      if (typeof own !== 'object' || own === null) {
        throw new InvalidOptionError(`options of queue ${name}`, own, 'The factory has to return an object.');
      }
      return registry.openQueue(name, mergeQueueOptions(shared.queue, own));
    },
  };
}

function flowProducerProvider({ name, ...own }: RegisterFlowProducerOptions): FactoryProvider {
  const token = getFlowProducerToken(name);
  checkBaseOptions('registerFlowProducer option', own);
  return {
    provide: token,
    inject: [StepwellRegistry, SharedOptions],
    useFactory: (registry: StepwellRegistry, shared: SharedOptions) =>
      registry.openFlowProducer(token, {
        ...producerOptionsOf(shared.queue ?? {}),
        ...producerOptionsOf(own),
      }),
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
