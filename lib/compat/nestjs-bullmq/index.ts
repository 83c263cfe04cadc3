// For applications that come from `@nestjs/bullmq`: its names, with its documented behaviour.
export { BullModule } from './bull.module.js';
export { BullRegistrar } from './bull.registrar.js';
export {
  InjectFlowProducer,
  InjectQueue,
  OnQueueEvent,
  type OnQueueEventMetadata,
  OnWorkerEvent,
  type OnWorkerEventMetadata,
  Processor,
  QueueEventsListener,
} from './decorators.js';
export { QueueEventsHost, WorkerHost } from './hosts.js';
export type * from './options.interface.js';
export { ProcessorDecoratorService } from './processor-decorator.service.js';
export * from './tokens.js';
