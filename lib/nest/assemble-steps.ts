import { Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { StepPlan } from '../steps/step-plan.js';
import { discoverSteps } from './discover-steps.js';
import { MissingHandlerError } from './nest-errors.js';
import { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';

@Module({})
class StepModule {}

/** Makes a class with `@Step` methods, and what it is injected with, without queues. */
export async function assembleSteps(
  type: Type<object>,
  { providers = [], imports = [] }: Pick<ModuleMetadata, 'providers' | 'imports'>,
): Promise<{ plan: StepPlan; close: () => Promise<void> }> {
  const module = { module: StepModule, imports, providers: [type, ...providers] };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const accessor = new StepwellMetadataAccessor(new Reflector());
  const steps = discoverSteps(type, app.get(type, { strict: false }), accessor);
  if (steps.length === 0) {
    await app.close();
    throw new MissingHandlerError(accessor.getProcessor(type)?.queue ?? 'none', type.name);
  }
  return { plan: new StepPlan(type.name, steps), close: () => app.close() };
}
