import { type FactoryProvider, Global, Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Queues } from './queues.js';
import { SharedOptions } from './shared-options.js';
import { StepwellHealth } from './stepwell.health.js';
import { StepwellLog } from './stepwell.log.js';
import { STEPWELL_OPTIONS } from './stepwell.module-definition.js';
import { StepwellRegistry } from './stepwell.registry.js';

const SHARED: FactoryProvider<SharedOptions> = {
  provide: SharedOptions,
  inject: [{ token: STEPWELL_OPTIONS, optional: true }, ModuleRef],
  useFactory: SharedOptions.of,
};

const PROVIDERS = [StepwellLog, StepwellRegistry, SHARED, Queues, StepwellHealth];

/** Holds the queues. Global modules hear last of a shutdown, and queues must outlive all who add jobs. */
@Global()
@Module({ providers: PROVIDERS, exports: PROVIDERS })
export class StepwellRegistryModule {}
