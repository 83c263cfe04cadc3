import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory, Reflector } from '@nestjs/core';
import { StepPlan } from '../steps/step-plan.js';
import { discoverSteps } from './discover-steps.js';
import { HandlerFactory } from './handling/handler-factory.js';
import type { Provider } from './handling/handler-source.js';
import { MissingHandlerError } from './nest-errors.js';
import { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

@Module({})
class StepModule {}

/** Makes a class with `@Step` methods, what it is injected with and what is around its handlers, without queues. */
export async function assembleSteps(
  type: Type<object>,
  { providers = [], imports = [] }: Pick<ModuleMetadata, 'providers' | 'imports'>,
): Promise<{ plan: StepPlan; close: () => Promise<void> }> {
  const module = {
    module: StepModule,
    imports: [DiscoveryModule, ...imports],
    providers: [type, HandlerFactory, ...providers],
  };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const accessor = new StepwellMetadataAccessor(new Reflector());
  const queue = accessor.getProcessor(type)?.queue ?? 'none';
  const all = app.get(DiscoveryService, { strict: false }).getProviders();
  const provider = all.find(({ token, host }) => token === type && host?.metatype === StepModule) as Provider;
  const handlers = app.get(HandlerFactory);
  const steps = discoverSteps(type, accessor, (method, kind, step) =>
    handlers.make({ kind, queue, provider, type, method, step }),
  );
  if (steps.length === 0) {
    await app.close();
    throw new MissingHandlerError(queue, type.name);
  }
  return { plan: new StepPlan(type.name, steps), close: () => app.close() };
}

/** The steps of a class as its decorators name them. Nothing is made, so that none can be run. */
export function describeSteps(type: Type<object>): StepPlan {
  const accessor = new StepwellMetadataAccessor(new Reflector());
  const steps = discoverSteps(type, accessor, () => notToBeRun);
  if (steps.length === 0) {
    throw new MissingHandlerError(accessor.getProcessor(type)?.queue ?? 'none', type.name);
  }
  return new StepPlan(type.name, steps);
}

function notToBeRun(): never {
  throw new Error('These steps are only described.');
}
