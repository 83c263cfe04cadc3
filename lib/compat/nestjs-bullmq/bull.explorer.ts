import { Injectable, Logger, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { DiscoveryService, LazyModuleLoader, MetadataScanner, ModuleRef, Reflector } from '@nestjs/core';
import { afterLazyLoad } from '../../nest/after-lazy-load.js';
import { resolveScoped } from '../../nest/handling/resolve-scoped.js';
import { Queue as EngineQueue } from '../../queue/queue.js';
import { Queue } from '../bullmq/queue.js';
import { QueueEvents } from '../bullmq/queue-events.js';
import type { Processor } from '../bullmq/worker.js';
import { classes } from './classes.js';
import {
  PROCESSOR_METADATA,
  QUEUE_EVENT_METADATA,
  QUEUE_EVENTS_LISTENER_METADATA,
  WORKER_EVENT_METADATA,
  WORKER_METADATA,
} from './constants.js';
import {
  InvalidProcessorClassError,
  InvalidQueueEventsListenerClassError,
  MissingQueueError,
} from './errors.js';
import { QueueEventsHost, setQueueEvents, setWorker, WorkerHost } from './hosts.js';
import type {
  NestQueueOptions,
  NestWorkerOptions,
  ProcessorOptions,
  QueueEventsListenerOptions,
} from './options.interface.js';
import { ProcessorDecoratorService } from './processor-decorator.service.js';
import { getQueueOptionsToken, getQueueToken, getSharedConfigToken } from './tokens.js';

type Provider = ReturnType<DiscoveryService['getProviders']>[number];
type Closable = { close(): Promise<unknown> };

/** Finds the processors and listeners of an application, and gives them workers and events. */
@Injectable()
export class BullExplorer implements OnApplicationShutdown {
  private readonly logger = new Logger('BullModule');
  private readonly workers: Closable[] = [];
  private readonly late: OnApplicationShutdown[] = [];
  /** Hosts that have their worker or events. */
  private readonly registered = new Set<unknown>();

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
    private readonly scanner: MetadataScanner,
    private readonly decorator: ProcessorDecoratorService,
    private readonly lazy: LazyModuleLoader,
  ) {}

  register(): void {
    const isLate = this.registered.size > 0;
    if (!isLate) afterLazyLoad(this.lazy, () => this.register());
    this.registered.add(this);
    for (const provider of this.discovery.getProviders()) {
      const instance = provider.instance as unknown;
      if (isLate && !this.registered.has(instance) && closesAtShutdown(instance)) this.late.push(instance);
      if (closesAtShutdown(instance)) this.registered.add(instance);
      const type = classOf(provider);
      if (!type || this.registered.has(provider)) continue;
      this.registered.add(provider);
      const processor = this.reflector.get<ProcessorOptions | undefined>(PROCESSOR_METADATA, type);
      if (processor) this.registerProcessor(provider, type, processor);
      const listener = this.reflector.get<QueueEventsListenerOptions | undefined>(
        QUEUE_EVENTS_LISTENER_METADATA,
        type,
      );
      if (listener) this.registerListener(provider, type, listener);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.close()));
    // Nest calls no hook of modules that were loaded lazily.
    await Promise.all(this.late.splice(0).map((part) => part.onApplicationShutdown()));
  }

  private registerProcessor(provider: Provider, type: Type, { name, configKey }: ProcessorOptions): void {
    const host = provider.instance as unknown;
    if (!(host instanceof WorkerHost) || typeof host.process !== 'function') {
      throw new InvalidProcessorClassError(type.name);
    }
    const queueName = name ?? 'default';
    const shared = this.optionsOf(type, name, queueName, configKey);
    if (this.isReplaced(name)) {
      this.logger.debug(`No worker for ${type.name}: the queue ${queueName} is replaced.`);
      return;
    }
    const own = this.reflector.get<NestWorkerOptions | undefined>(WORKER_METADATA, type);
    const isStatic = provider.isDependencyTreeStatic();
    const made: { worker?: unknown } = {};
    const run: Processor = isStatic
      ? host.process.bind(host)
      : async (job, token, signal) => {
          const scoped = (await resolveScoped(provider, job)).instance as WorkerHost;
          setWorker(scoped, made.worker);
          return scoped.process(job, token, signal);
        };
    const worker: unknown = new classes.worker(queueName, this.decorator.decorate(run), {
      ...shared,
      ...own,
    });
    made.worker = worker;
    this.workers.push(worker as Closable);
    setWorker(host, worker);
    this.listen(provider, host, worker, WORKER_EVENT_METADATA, isStatic);
  }

  private registerListener(
    provider: Provider,
    type: Type,
    { queueName, queueEventsOptions = {} }: QueueEventsListenerOptions,
  ): void {
    const host = provider.instance as unknown;
    if (!(host instanceof QueueEventsHost)) {
      throw new InvalidQueueEventsListenerClassError(type.name);
    }
    const { telemetry: _none, ...shared } = this.optionsOf(type, queueName, queueName);
    if (this.isReplaced(queueName)) return;
    const { telemetry: _no, ...own } = queueEventsOptions;
    const events = new QueueEvents(queueName, { ...shared, ...own });
    setQueueEvents(host, events);
    this.listen(provider, host, events, QUEUE_EVENT_METADATA, provider.isDependencyTreeStatic());
  }

  private listen(provider: Provider, host: object, emitter: unknown, key: string, isStatic: boolean): void {
    const prototype = Object.getPrototypeOf(host) as object;
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      const handler = (host as Record<string, unknown>)[method];
      if (typeof handler !== 'function') continue;
      const metadata = this.reflector.get<{ eventName: string } | undefined>(key, handler);
      if (!metadata) continue;
      if (!isStatic) {
        this.logger.warn(
          `${String(provider.name)}.${method} is never called: a request-scoped class has no instance for events.`,
        );
        continue;
      }
      (emitter as NodeJS.EventEmitter).on(metadata.eventName, handler.bind(host) as () => void);
    }
  }

  /** Of the options of a queue, what its workers and events share with it. */
  private optionsOf(
    type: Type,
    name: string | undefined,
    queueName: string,
    configKey?: string,
  ): Pick<NestQueueOptions, 'connection' | 'skipVersionCheck' | 'prefix' | 'telemetry'> {
    const queue = this.find(getQueueToken(name));
    const options =
      // Also of a queue that the application, or a test, made by itself.
      (isQueue(queue) ? optionsOfQueue(queue) : undefined) ??
      this.find<NestQueueOptions>(getQueueOptionsToken(name)) ??
      this.find<NestQueueOptions>(getSharedConfigToken(configKey));
    if (!options) {
      const error = new MissingQueueError(type.name, queueName);
      this.logger.error(error.message);
      throw error;
    }
    const { connection, skipVersionCheck, prefix, telemetry } = options;
    return {
      ...(connection === undefined ? {} : { connection: connection as unknown }),
      ...(skipVersionCheck === undefined ? {} : { skipVersionCheck }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(telemetry === undefined ? {} : { telemetry }),
    };
  }

  /** A test that has put something else in place of a queue wants no worker that connects. */
  private isReplaced(name: string | undefined): boolean {
    const queue = this.find(getQueueToken(name));
    return queue !== undefined && !isQueue(queue);
  }

  private find<T = unknown>(token: string): T | undefined {
    try {
      return this.moduleRef.get<T>(token, { strict: false });
    } catch {
      return undefined;
    }
  }
}

/** As it was given them. */
function optionsOfQueue(queue: unknown): NestQueueOptions | undefined {
  return queue instanceof Queue ? queue.given : (queue as { opts?: NestQueueOptions }).opts;
}

function isQueue(queue: unknown): boolean {
  return queue instanceof EngineQueue || queue instanceof classes.queue;
}

/** Queues, flow producers and hosts of events. */
function closesAtShutdown(instance: unknown): instance is OnApplicationShutdown {
  const isObject = typeof instance === 'object' && instance !== null;
  return (
    isObject && (Object.hasOwn(instance, 'onApplicationShutdown') || instance instanceof QueueEventsHost)
  );
}

/** What a factory made counts as of its own class. */
function classOf({ metatype, inject, instance }: Provider): Type | undefined {
  const type: unknown =
    !metatype || inject ? (instance as object | undefined)?.constructor : (metatype as unknown);
  return typeof type === 'function' ? (type as Type) : undefined;
}
