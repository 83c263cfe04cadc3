import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BullExplorer } from './bull.explorer.js';
import { BullRegistrar } from './bull.registrar.js';
import { ProcessorDecoratorService } from './processor-decorator.service.js';

/** There once, however often queues are registered. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [BullExplorer, BullRegistrar, ProcessorDecoratorService],
  exports: [BullRegistrar, ProcessorDecoratorService],
})
export class BullCoreModule {}
