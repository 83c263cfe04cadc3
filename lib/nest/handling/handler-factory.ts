import { Inject, Injectable, Optional } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Job } from '../../job/job.js';
import type { Batch } from '../../worker/batch.js';
import type { StepContext } from '../../steps/step-context.js';
import type { StepwellOptions } from '../interfaces/stepwell-options.interface.js';
import type { OnHandle } from '../interfaces/on-handle.interface.js';
import { ScopedGlobalEnhancerError, TransientEnhancerError } from '../nest-errors.js';
import { STEPWELL_OPTIONS } from '../stepwell.module-definition.js';
import { EnhancedHandler, type ContextCreators, type HandlerTarget } from './enhanced-handler.js';
import { enhancersOf, methodOf, transientEnhancersOf, type Enhancers } from './enhancer-metadata.js';
import { HandlerCall } from './handler-call.js';
import { isScoped, labelOf, takesSignal, type HandlerSource, type Provider } from './handler-source.js';
import { jobContextCreator } from './job-context-creator.js';
import { JobTargets } from './job-targets.js';
import { preRequestHooks } from './pre-request-hooks.js';
import { Refusals } from './refusals.js';
import { withHooks } from './with-hooks.js';

type Methods = Record<string, (...args: unknown[]) => unknown>;
/** As the engine calls it: with the job and its lock's token and signal, or with the job and what a step is given. */
export type Handle = (job: Job | Batch, second: string | StepContext, signal?: () => AbortSignal) => unknown;

/**
 * Makes what the engine calls for a method: with the enhancers that it has, on an instance for the job where its class is
 * scoped, inside of the application's hooks. A method with nothing of that is called as it is.
 */
@Injectable()
export class HandlerFactory {
  private readonly targets = new WeakMap<Provider, JobTargets>();
  private readonly globals: ApplicationConfig | undefined;
  private readonly hooks: readonly OnHandle[];
  private creators: ContextCreators | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    config: ApplicationConfig,
    @Optional() @Inject(STEPWELL_OPTIONS) options?: StepwellOptions,
  ) {
    this.hooks = [options?.onHandle ?? []].flat();
    this.globals = options?.globalEnhancers ? config : undefined;
  }

  make(source: HandlerSource): Handle {
    const hooks = [...this.hooks, ...(this.globals ? preRequestHooks(this.globals) : [])];
    const enhancers = this.enhancersOf(source);
    refuseTransient(source);
    if (!hooks.length && !isScoped(source.provider) && !Object.values(enhancers).includes(true)) {
      return plainHandle(source);
    }
    const handle = withHooks(hooks, this.handlerOf(source, enhancers));
    const passesSignal = source.kind === 'process' && takesSignal(source);
    return (job, second, signal) => handle(new HandlerCall(source, job, second, signal, passesSignal));
  }

  private handlerOf(source: HandlerSource, enhancers: Enhancers): (call: HandlerCall) => unknown {
    const { provider } = source;
    const isEnhanced = Object.values(enhancers).includes(true);
    const bind = (target: HandlerTarget): ((call: HandlerCall) => unknown) => {
      if (!isEnhanced) {
        return (call) => (target.instance as Methods)[source.method]?.(...call.args);
      }
      const handler = new EnhancedHandler(source, target, enhancers, this.contextCreators());
      return (call) => handler.handle(call);
    };
    if (!isScoped(provider)) return bind({ instance: provider.instance as object });
    const targets = this.targetsOf(provider);
    return async (call) => bind(await targets.of(call.job))(call);
  }

  private enhancersOf(source: HandlerSource): Enhancers {
    const own = enhancersOf(source);
    if (!this.globals) return own;
    refuseScoped(this.globals);
    return {
      parameters: own.parameters,
      guards: own.guards || this.globals.getGlobalGuards().length > 0,
      interceptors: own.interceptors || this.globals.getGlobalInterceptors().length > 0,
      filters: own.filters || this.globals.getGlobalFilters().length > 0,
    };
  }

  /** All handlers of a class share the instance that is made for a job. */
  private targetsOf(provider: Provider): JobTargets {
    let targets = this.targets.get(provider);
    if (!targets) {
      targets = new JobTargets(provider);
      this.targets.set(provider, targets);
    }
    return targets;
  }

  private contextCreators(): ContextCreators {
    if (!this.creators) {
      const refusals = new Refusals();
      const create = () => jobContextCreator(this.modules, this.globals, refusals);
      this.creators = { refusals, handlers: create(), filters: create() };
    }
    return this.creators;
  }
}

/** Looked up at each call, so that a method that was replaced on the instance is the one that runs. */
function plainHandle(source: HandlerSource): Handle {
  const { provider, method, kind } = source;
  const instance = provider.instance as Methods;
  if (kind !== 'process') return (job, context) => instance[method]?.(job, context);
  const own = methodOf(source);
  const isUnsignalled = !takesSignal(source);
  return (job, token, signal) => {
    const current = instance[method];
    return isUnsignalled && current === own
      ? current?.call(instance, job, token)
      : current?.call(instance, job, token, signal?.());
  };
}

/** Nest makes these for controllers alone: jobs would pass them by. */
function refuseScoped(config: ApplicationConfig): void {
  const kinds = {
    guard: config.getGlobalRequestGuards(),
    pipe: config.getGlobalRequestPipes(),
    interceptor: config.getGlobalRequestInterceptors(),
    filter: config.getGlobalRequestFilters(),
  };
  for (const [kind, [first]] of Object.entries(kinds)) {
    if (first) throw new ScopedGlobalEnhancerError(kind, String(first.name));
  }
}

function refuseTransient(source: HandlerSource): void {
  const [first] = isScoped(source.provider) ? [] : transientEnhancersOf(source);
  if (first !== undefined) throw new TransientEnhancerError(labelOf(source), first);
}
