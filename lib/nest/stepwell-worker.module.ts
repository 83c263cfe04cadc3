import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HandlerFactory } from './handling/handler-factory.js';
import { StepwellMetadataAccessor } from './stepwell-metadata.accessor.js';
import { StepwellRegistryModule } from './stepwell-registry.module.js';
import { StepwellDedup } from './stepwell.dedup.js';
import { StepwellLimits } from './stepwell.limits.js';
import { StepwellExplorer } from './stepwell.explorer.js';
import { StepwellListeners } from './stepwell.listeners.js';
import { StepwellStartCheck } from './stepwell.start-check.js';
import { StepwellSchedules } from './stepwell.schedules.js';
import { StepwellOrchestrator } from './stepwell.orchestrator.js';

/** Runs the workers. Not global: global modules hear last of a shutdown, and workers have to stop early. */
@Module({
  imports: [DiscoveryModule, StepwellRegistryModule],
  providers: [
    StepwellMetadataAccessor,
    HandlerFactory,
    StepwellExplorer,
    StepwellDedup,
    StepwellLimits,
    StepwellListeners,
    StepwellSchedules,
    StepwellStartCheck,
    StepwellOrchestrator,
  ],
})
export class StepwellWorkerModule {}
