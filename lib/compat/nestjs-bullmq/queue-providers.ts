import type { FactoryProvider, Provider, Type } from '@nestjs/common';
import { classes } from './classes.js';
import { MissingBullSharedConfigurationError } from './errors.js';
import type {
  BullQueueProcessor,
  RegisterFlowProducerOptions,
  RegisterQueueOptions,
} from './options.interface.js';
import {
  getFlowProducerOptionsToken,
  getFlowProducerToken,
  getQueueOptionsToken,
  getQueueToken,
  getSharedConfigToken,
} from './tokens.js';

interface Closable {
  close(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** Where options come from that are given as a factory, a class or an existing provider. */
export interface OptionsSource {
  useFactory?: ((...args: any[]) => unknown) | undefined;
  useClass?: Type | undefined;
  useExisting?: Type | undefined;
  inject?: NonNullable<FactoryProvider['inject']> | undefined;
}

/**
 * Providers of options under a token.
 * @param method of a class that makes them
 */
export function asyncOptions(
  token: string,
  { useFactory, useClass, useExisting, inject = [] }: OptionsSource,
  method: string,
  finish: (made: object, shared: object | undefined) => unknown,
  sharedToken?: string,
): Provider[] {
  const shared = sharedToken === undefined ? [] : [{ token: sharedToken, optional: true }];
  const make = async (sharedOptions: object | undefined, args: unknown[]): Promise<unknown> => {
    const [factory] = args as [Record<string, () => unknown>];
    const made: unknown = await (useFactory ? useFactory(...args) : factory[method]!());
    return finish((made ?? {}) as object, sharedOptions);
  };
  const dependencies = useFactory ? inject : [(useExisting ?? useClass)!];
  return [
    {
      provide: token,
      useFactory: (...args: any[]) =>
        sharedToken === undefined
          ? make(undefined, args)
          : make(args[0] as object | undefined, args.slice(1)),
      inject: [...shared, ...dependencies],
    },
    ...(useClass && !useFactory ? [{ provide: useClass, useClass }] : []),
  ];
}

/** Options of a queue or flow producer over the shared ones. */
export function over(
  shared: object | undefined,
  own: object,
  configKey: string | undefined,
  what: string,
): Record<string, unknown> {
  if (configKey !== undefined && shared === undefined) {
    throw new MissingBullSharedConfigurationError(configKey, what);
  }
  return { ...shared, ...own };
}

/** Options that are known when the module is declared. */
export function syncOptions(
  token: string,
  own: { name?: string; configKey?: string },
  what: string,
): Provider {
  return {
    provide: token,
    useFactory: (shared?: object) => over(shared, own, own.configKey, what),
    inject: [{ token: getSharedConfigToken(own.configKey), optional: true }],
  };
}

export function queueProvider(name: string | undefined): Provider {
  return {
    provide: getQueueToken(name),
    useFactory: (options: RegisterQueueOptions) => {
      // The name that a factory gives is before that of the token.
      const queueName = options.name ?? name ?? 'default';
      const queue = new classes.queue(queueName, withoutOwn(options)) as Closable;
      const workers = (options.processors ?? []).map((processor) =>
        inlineWorker(queueName, processor, options),
      );
      return closingAtShutdown(queue, options.forceDisconnectOnShutdown ?? false, workers);
    },
    inject: [getQueueOptionsToken(name)],
  };
}

export function flowProducerProvider(name: string | undefined): Provider {
  return {
    provide: getFlowProducerToken(name),
    useFactory: (options: RegisterFlowProducerOptions) =>
      closingAtShutdown(
        new classes.flowProducer(withoutOwn(options)) as Closable,
        options.forceDisconnectOnShutdown ?? true,
      ),
    inject: [getFlowProducerOptionsToken(name)],
  };
}

function inlineWorker(
  queueName: string,
  processor: BullQueueProcessor,
  options: RegisterQueueOptions,
): Closable {
  const { connection, skipVersionCheck, prefix, telemetry } = options;
  const shared = { connection: connection as unknown, skipVersionCheck, prefix, telemetry };
  if (typeof processor === 'function' || typeof processor === 'string' || processor instanceof URL) {
    return new classes.worker(queueName, processor, shared) as Closable;
  }
  const { callback, path, ...own } = processor as { callback?: unknown; path?: unknown };
  return new classes.worker(queueName, callback ?? path, { ...shared, ...own }) as Closable;
}

/** What is for this module alone. */
function withoutOwn(options: object): object {
  const {
    name: _name,
    configKey: _key,
    processors: _processors,
    sharedConnection: _shared,
    forceDisconnectOnShutdown: _force,
    extraOptions: _extra,
    ...rest
  } = options as Record<string, unknown>;
  return rest;
}

/** Nest calls the hook of whatever a factory made. */
function closingAtShutdown<T extends Closable>(
  part: T,
  disconnects: boolean,
  workers: readonly Closable[] = [],
): T {
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close()));
    await part.close();
    if (disconnects) await part.disconnect();
  };
  Object.defineProperty(part, 'onApplicationShutdown', { value: close, configurable: true });
  return part;
}
