import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { BullCoreModule } from './bull-core.module.js';
import { classes } from './classes.js';
import { EXTRA_OPTIONS_TOKEN } from './constants.js';
import type {
  BullModuleExtraOptions,
  BullRootModuleOptions,
  RegisterFlowProducerAsyncOptions,
  RegisterFlowProducerOptions,
  RegisterQueueAsyncOptions,
  RegisterQueueOptions,
  SharedBullAsyncConfiguration,
} from './options.interface.js';
import {
  asyncOptions,
  flowProducerProvider,
  type OptionsSource,
  over,
  queueProvider,
  syncOptions,
} from './queue-providers.js';
import {
  getFlowProducerOptionsToken,
  getFlowProducerToken,
  getQueueOptionsToken,
  getQueueToken,
  getSharedConfigToken,
} from './tokens.js';

/** Queues and their processors in a Nest application that comes from `@nestjs/bullmq`. */
@Module({ imports: [BullCoreModule] })
export class BullModule {
  /** The class that queues are made of. */
  static set queueClass(type: Type) {
    classes.queue = type;
  }

  /** The class that flow producers are made of. */
  static set flowProducerClass(type: Type) {
    classes.flowProducer = type;
  }

  /** The class that workers are made of. */
  static set workerClass(type: Type) {
    classes.worker = type;
  }

  /** Options that the queues of the application share; those under a key for the queues that name it. */
  static forRoot(config: BullRootModuleOptions): DynamicModule;
  static forRoot(configKey: string, config: BullRootModuleOptions): DynamicModule;
  static forRoot(keyOrConfig: string | BullRootModuleOptions, config?: BullRootModuleOptions): DynamicModule {
    const [key, { extraOptions, ...shared }] =
      typeof keyOrConfig === 'string' ? [keyOrConfig, config ?? {}] : [undefined, keyOrConfig];
    return root(
      [{ provide: getSharedConfigToken(key), useValue: shared }],
      [getSharedConfigToken(key)],
      extraOptions,
    );
  }

  /** As `forRoot`, with options that other providers know. */
  static forRootAsync(config: SharedBullAsyncConfiguration): DynamicModule;
  static forRootAsync(configKey: string, config: SharedBullAsyncConfiguration): DynamicModule;
  static forRootAsync(
    keyOrConfig: string | SharedBullAsyncConfiguration,
    config?: SharedBullAsyncConfiguration,
  ): DynamicModule {
    const [key, given] =
      typeof keyOrConfig === 'string' ? [keyOrConfig, config ?? {}] : [undefined, keyOrConfig];
    const token = getSharedConfigToken(key);
    const providers = isAsync(given)
      ? asyncOptions(token, given, 'createSharedConfiguration', (made) => made)
      : [{ provide: token, useValue: {} }];
    const definition = root([...providers, ...(given.extraProviders ?? [])], [token], given.extraOptions);
    return { ...definition, imports: [...definition.imports!, ...(given.imports ?? [])] };
  }

  /** Makes queues injectable in the module that imports this. */
  static registerQueue(...queues: RegisterQueueOptions[]): DynamicModule {
    const providers = queues.flatMap((queue) => [
      syncOptions(getQueueOptionsToken(queue.name), queue, `The queue ${queue.name ?? 'default'}`),
      queueProvider(queue.name),
    ]);
    return feature(providers, queues.map(queueTokens).flat());
  }

  /** As `registerQueue`, with options that other providers know. */
  static registerQueueAsync(...queues: RegisterQueueAsyncOptions[]): DynamicModule {
    const providers = queues.flatMap((queue) => {
      const { name, configKey, extraProviders = [] } = queue;
      const what = `The queue ${name ?? 'default'}`;
      const options = isAsync(queue)
        ? asyncOptions(
            getQueueOptionsToken(name),
            queue,
            'createRegisterQueueOptions',
            (made, shared) => over(shared, made, configKey, what),
            getSharedConfigToken(configKey),
          )
        : [syncOptions(getQueueOptionsToken(name), named(queue), what)];
      return [...options, ...extraProviders, queueProvider(name)];
    });
    const definition = feature(providers, queues.map(queueTokens).flat());
    return { ...definition, imports: [...definition.imports!, ...importsOf(queues)] };
  }

  /** Makes flow producers injectable in the module that imports this. */
  static registerFlowProducer(...producers: RegisterFlowProducerOptions[]): DynamicModule {
    const providers = producers.flatMap((producer) => [
      syncOptions(getFlowProducerOptionsToken(producer.name), producer, 'The flow producer'),
      flowProducerProvider(producer.name),
    ]);
    return feature(
      providers,
      producers.map(({ name }) => getFlowProducerToken(name)),
    );
  }

  /** As `registerFlowProducer`, with options that other providers know. */
  static registerFlowProducerAsync(...producers: RegisterFlowProducerAsyncOptions[]): DynamicModule {
    const providers = producers.flatMap((producer) => {
      const { name, configKey } = producer;
      const options = isAsync(producer)
        ? asyncOptions(
            getFlowProducerOptionsToken(name),
            producer,
            'createRegisterQueueOptions',
            (made, shared) => over(shared, made, configKey, 'The flow producer'),
            getSharedConfigToken(configKey),
          )
        : [syncOptions(getFlowProducerOptionsToken(name), named(producer), 'The flow producer')];
      return [...options, flowProducerProvider(name)];
    });
    const definition = feature(
      providers,
      producers.map(({ name }) => getFlowProducerToken(name)),
    );
    return { ...definition, imports: [...definition.imports!, ...importsOf(producers)] };
  }
}

function root(
  providers: Provider[],
  exported: string[],
  extraOptions: BullModuleExtraOptions | undefined,
): DynamicModule {
  const extra: Provider[] = extraOptions ? [{ provide: EXTRA_OPTIONS_TOKEN, useValue: extraOptions }] : [];
  return {
    ...{ module: BullModule, global: true, imports: [BullCoreModule] },
    providers: [...providers, ...extra],
    exports: [...exported, ...(extraOptions ? [EXTRA_OPTIONS_TOKEN] : [])],
  };
}

function feature(providers: Provider[], exported: string[]): DynamicModule {
  return { module: BullModule, imports: [BullCoreModule], providers, exports: exported };
}

function queueTokens({ name }: { name?: string }): string[] {
  return [getQueueToken(name), getQueueOptionsToken(name)];
}

function named({ name, configKey }: { name?: string; configKey?: string }): {
  name?: string;
  configKey?: string;
} {
  return { ...(name === undefined ? {} : { name }), ...(configKey === undefined ? {} : { configKey }) };
}

function isAsync({ useFactory, useClass, useExisting }: OptionsSource): boolean {
  return Boolean(useFactory ?? useClass ?? useExisting);
}

function importsOf(parts: readonly Pick<DynamicModule, 'imports'>[]): NonNullable<DynamicModule['imports']> {
  return [...new Set(parts.flatMap(({ imports }) => imports ?? []))];
}
