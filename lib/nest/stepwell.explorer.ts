import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { CodeSchedule } from '../schedule/code-schedules.js';
import type { Job } from '../job/job.js';
import { StepPlan } from '../steps/step-plan.js';
import { StepRunner } from '../steps/step-runner.js';
import { checkClassPipes, checkParameters } from './check-parameters.js';
import { discoverSchedules } from './discover-schedules.js';
import { decorated, discoverSteps } from './discover-steps.js';
import { HandlerFactory } from './handling/handler-factory.js';
import { isScoped, labelOf, type Provider } from './handling/handler-source.js';
import type {
  DiscoveredHandler,
  DiscoveredListener,
  DiscoveredProcessor,
} from './interfaces/discovered-processor.interface.js';
import type { HandlerMetadata } from './interfaces/metadata.interface.js';
import { ListenerWithoutQueueError, MissingHandlerError, MissingProcessorError } from './nest-errors.js';
import { foundProvider } from './start-watch.js';
import { scopedListener } from './scoped-listener.js';
import { STEPWELL_OPTIONS } from './stepwell.module-definition.js';
import { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

/** A processor's class, and what it is for. */
interface Place {
  readonly provider: Provider;
  readonly type: Function;
  readonly queue: string;
}

type JobNames = readonly (string | undefined)[];
type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Finds the processors among the application's providers. It starts nothing and changes nothing. */
@Injectable()
export class StepwellExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly accessor: StepwellMetadataAccessor,
    private readonly handlers: HandlerFactory,
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
    const place: Place = { provider, type, queue: metadata?.queue ?? '' };
    const jobNames = metadata?.jobNames ?? [undefined];
    const handlers = [...this.handlersOf(place, jobNames), ...this.stepsOf(place, jobNames)];
    if (metadata === undefined) {
      const [first] = handlers;
      if (first?.kind === 'steps') throw new MissingProcessorError(`A method of ${type.name}`, '@Step');
      if (first) throw new MissingProcessorError(first.label);
      return undefined;
    }
    if (handlers.length === 0) throw new MissingHandlerError(metadata.queue, type.name);
    checkClassPipes(type, this.scanner.getAllMethodNames(type.prototype as object));
    return {
      ...metadata,
      className: type.name,
      instance: provider.instance as object,
      // Nest calls no hook of an instance that is made for a job, and that of a module after those of its providers.
      readyAfter: (isScoped(provider) ? provider.host?.instance : provider.instance) as object,
      dedup: this.accessor.getDedup(type),
      limits: this.accessor.getLimits(type),
      handlers,
      schedules: this.schedulesOf(type, jobNames),
    };
  }

  private schedulesOf(type: Function, jobNames: JobNames): CodeSchedule[] {
    const prototype = type.prototype as Methods;
    const [entry] = decorated(type, (method) => this.accessor.getStep(method));
    return discoverSchedules(
      type,
      this.accessor,
      this.scanner.getAllMethodNames(prototype).map((method) => ({
        method,
        handlers: [
          ...namesOf(this.accessor.getHandlers(prototype[method]), jobNames),
          ...(entry?.[0] === method ? jobNames.map((jobName) => ({ jobName })) : []),
        ],
      })),
    );
  }

  private handlersOf(place: Place, jobNames: JobNames): DiscoveredHandler[] {
    const { type } = place;
    const prototype = type.prototype as Methods;
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const found = namesOf(this.accessor.getHandlers(prototype[method]), jobNames);
      if (found.length === 0) return [];
      checkParameters(type, method);
      const handle = this.handlers.make({ ...place, method, kind: 'process' });
      return found.map((handler) => ({
        ...handler,
        label: labelOf({ type, method }),
        dedup: this.accessor.getDedup(prototype[method]),
        limits: this.accessor.getLimits(prototype[method]),
        handle,
      }));
    });
  }

  /** All steps of a class are one handler, for each name of jobs. */
  private stepsOf(place: Place, jobNames: JobNames): DiscoveredHandler[] {
    const { type } = place;
    const methods = new Set<string>();
    const steps = discoverSteps(type, this.accessor, (method, kind, step) => {
      methods.add(method);
      return this.handlers.make({ ...place, method, kind, step });
    });
    if (steps.length === 0) return [];
    const plan = new StepPlan(type.name, steps);
    methods.forEach((method) => checkParameters(type, method, plan.names));
    const stages = new StepRunner(plan);
    const handle: DiscoveredHandler['handle'] = (job, token, signal) =>
      stages.processor(job as Job, token, signal());
    const label = `${type.name} with its steps`;
    return jobNames.map((jobName) => ({
      ...{ kind: 'steps' as const, jobName, label, dedup: undefined, limits: [], handle, stages },
      steps: plan.names,
    }));
  }

  private listenersOf(provider: Provider, type: Function): DiscoveredListener[] {
    const prototype = type.prototype as Methods;
    const own = this.accessor.getProcessor(type)?.queue;
    return this.scanner.getAllMethodNames(prototype).flatMap((method) =>
      this.accessor.getListeners(prototype[method]).map((listener) => {
        const label = `${type.name}.${method}()`;
        const queue = listener.queue ?? own;
        const { source, event } = listener;
        if (queue === undefined) {
          const decorator = source === 'worker' ? '@OnWorkerEvent' : '@OnQueueEvent';
          throw new ListenerWithoutQueueError(label, `${decorator}('${event}', 'orders')`);
        }
        if (provider.instance) foundProvider(provider.instance as object);
        if (isScoped(provider)) {
          return { ...listener, queue, label, handle: scopedListener(provider, method, { queue, event }) };
        }
        const instance = provider.instance as Record<string, (...args: unknown[]) => unknown>;
        return { ...listener, queue, label, handle: (...args: unknown[]) => instance[method]?.(...args) };
      }),
    );
  }
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
