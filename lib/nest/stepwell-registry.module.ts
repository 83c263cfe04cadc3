import { Global, Module } from '@nestjs/common';
import { StepwellLog } from './stepwell.log.js';
import { StepwellRegistry } from './stepwell.registry.js';

/** Holds the queues. Global modules are told last of a shutdown, and queues must outlive all who add jobs. */
@Global()
@Module({ providers: [StepwellLog, StepwellRegistry], exports: [StepwellLog, StepwellRegistry] })
export class StepwellRegistryModule {}
