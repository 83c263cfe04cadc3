import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Job } from '../job/job.js';
import { StepPlan } from '../steps/step-plan.js';
import { StepRunner } from '../steps/step-runner.js';
import { discoverSteps } from './discover-steps.js';
import type {
  DiscoveredHandler,
  DiscoveredListener,
  DiscoveredProcessor,
} from './interfaces/discovered-processor.interface.js';
import type { HandlerMetadata } from './interfaces/metadata.interface.js';
import {
  ListenerWithoutQueueError,
  MissingHandlerError,
  MissingProcessorError,
  ScopedProcessorError,
} from './nest-errors.js';
import { scopedListener } from './scoped-listener.js';
import { STEPWELL_OPTIONS } from './stepwell.module-definition.js';
import { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

type Provider = ReturnType<DiscoveryService['getProviders']>[number];
type JobNames = readonly (string | undefined)[];
type Methods = Record<string, (job: Job, token: string, signal: AbortSignal) => unknown>;

/** Finds the processors among the application's providers. It starts nothing and changes nothing. */
@Injectable()
export class StepwellExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly accessor: StepwellMetadataAccessor,
  ) {}

  explore(): DiscoveredProcessor[] {
    return this.classes().flatMap(({ provider, type }) => this.exploreProvider(provider, type) ?? []);
  }

  /** Methods of any provider or controller that listen to a queue or its worker. */
  exploreListeners(): DiscoveredListener[] {
    return this.classes(this.discovery.getControllers()).flatMap(({ provider, type }) =>
      this.listenersOf(provider, type),
    );
  }

  /** What the `forRoot` calls of the application gave. */
  rootOptions(): unknown[] {
    return this.discovery
      .getProviders()
      .flatMap(({ token, instance }) => (token === STEPWELL_OPTIONS ? [instance as unknown] : []));
  }

  private classes(others: Provider[] = []): { provider: Provider; type: Function }[] {
    const seen = new Set<unknown>();
    return [...this.discovery.getProviders(), ...others].flatMap((provider) => {
      const type = classOf(provider);
      const instance = provider.instance as unknown;
      if (type === undefined || provider.isAlias || seen.has(instance)) return [];
      if (instance) seen.add(instance);
      return [{ provider, type }];
    });
  }

  private exploreProvider(provider: Provider, type: Function): DiscoveredProcessor | undefined {
    const metadata = this.accessor.getProcessor(type);
    if (metadata && isScoped(provider)) {
      throw new ScopedProcessorError(metadata.queue, type.name);
    }
    const jobNames = metadata?.jobNames ?? [undefined];
    const handlers = [
      ...this.handlersOf(type, provider.instance as Methods, jobNames),
      ...this.stepsOf(type, provider.instance as Methods, jobNames),
    ];
    if (metadata === undefined) {
      const [first] = handlers;
      if (first) throw new MissingProcessorError(first.label, first.kind === 'steps' ? '@Step' : '@Process');
      return undefined;
    }
    if (handlers.length === 0) throw new MissingHandlerError(metadata.queue, type.name);
    return {
      ...metadata,
      className: type.name,
      instance: provider.instance as object,
      dedup: this.accessor.getDedup(type),
      handlers,
    };
  }

  private handlersOf(type: Function, instance: Methods, jobNames: JobNames): DiscoveredHandler[] {
    const prototype = type.prototype as Methods;
    return this.scanner.getAllMethodNames(prototype).flatMap((method) =>
      namesOf(this.accessor.getHandlers(prototype[method]), jobNames).map((handler) => ({
        ...handler,
        label: `${type.name}.${method}()`,
        dedup: this.accessor.getDedup(prototype[method]),
        // Looked up at each call, so that a method that was replaced on the instance is the one that runs.
        handle: (job, token, signal) => instance[method]?.(job, token, signal),
      })),
    );
  }

  /** All steps of a class are one handler, for each name of jobs. */
  private stepsOf(type: Function, instance: Methods, jobNames: JobNames): DiscoveredHandler[] {
    const steps = discoverSteps(type, instance, this.accessor);
    if (steps.length === 0) return [];
    const handle = new StepRunner(new StepPlan(type.name, steps)).processor;
    const label = `${type.name} with its steps`;
    return jobNames.map((jobName) => ({ kind: 'steps', jobName, label, dedup: undefined, handle }));
  }

  private listenersOf(provider: Provider, type: Function): DiscoveredListener[] {
    const prototype = type.prototype as Methods;
    const own = this.accessor.getProcessor(type)?.queue;
    return this.scanner.getAllMethodNames(prototype).flatMap((method) =>
      this.accessor.getListeners(prototype[method]).map((listener) => {
        const label = `${type.name}.${method}()`;
        const queue = listener.queue ?? own;
        if (queue === undefined) throw new ListenerWithoutQueueError(label);
        const { event } = listener;
        if (isScoped(provider)) {
          return { ...listener, queue, label, handle: scopedListener(provider, method, { queue, event }) };
        }
        const instance = provider.instance as Record<string, (...args: unknown[]) => unknown>;
        return { ...listener, queue, label, handle: (...args: unknown[]) => instance[method]?.(...args) };
      }),
    );
  }
}

function isScoped(provider: Provider): boolean {
  return provider.isTransient || !provider.isDependencyTreeStatic();
}

/** Handlers without a name take the jobs that their class names. */
function namesOf(handlers: readonly HandlerMetadata[], jobNames: JobNames): HandlerMetadata[] {
  return handlers.flatMap((handler) =>
    handler.jobName === undefined ? jobNames.map((jobName) => ({ ...handler, jobName })) : [handler],
  );
}

/** The class whose methods count, also for providers that a factory or a value gave. */
function classOf({ instance, metatype, inject }: Provider): Function | undefined {
  const isFactory = inject !== null && inject !== undefined;
  if (!isFactory && typeof metatype === 'function' && isClass(metatype)) return metatype;
  const made: unknown = instance;
  return typeof made === 'object' && made !== null && typeof made.constructor === 'function'
    ? made.constructor
    : undefined;
}

function isClass(type: Function): boolean {
  return typeof (type as { prototype?: unknown }).prototype === 'object';
}
