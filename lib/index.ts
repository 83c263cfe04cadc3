// Everything public: the engine, and what ties it to Nest.
// oxlint-disable-next-line import/no-unassigned-import -- before all else
// oxlint-disable-next-line import/no-unassigned-import -- for its name
import './nest/without-nest-import-stepwell-engine.js';
export * from './engine.js';
export { Compensate } from './nest/decorators/compensate.decorator.js';
export { Cron } from './nest/decorators/cron.decorator.js';
export { Ctx } from './nest/decorators/ctx.decorator.js';
export { Dedup } from './nest/decorators/dedup.decorator.js';
export { Limit } from './nest/decorators/limit.decorator.js';
export { Every } from './nest/decorators/every.decorator.js';
export type { ScheduleOptions } from './nest/decorators/schedule-options.js';
export { InjectFlowProducer } from './nest/decorators/inject-flow-producer.decorator.js';
export { InjectQueue } from './nest/decorators/inject-queue.decorator.js';
export { InjectQueueEvents } from './nest/decorators/inject-queue-events.decorator.js';
export { JobData, type JobDataOptions } from './nest/decorators/job-data.decorator.js';
export { JobId } from './nest/decorators/job-id.decorator.js';
export { OnQueueEvent } from './nest/decorators/on-queue-event.decorator.js';
export { OnWorkerEvent } from './nest/decorators/on-worker-event.decorator.js';
export { Process, type ProcessOptions } from './nest/decorators/process.decorator.js';
export { Processor } from './nest/decorators/processor.decorator.js';
export { Signal } from './nest/decorators/signal.decorator.js';
export { Step } from './nest/decorators/step.decorator.js';
export { StepResult } from './nest/decorators/step-result.decorator.js';
export type {
  ProcessorOptions,
  ProcessorWorkerOptions,
} from './nest/interfaces/processor-options.interface.js';
export type { RegisterFlowProducerOptions } from './nest/interfaces/register-flow-producer-options.interface.js';
export type {
  RegisterQueueAsyncOptions,
  RegisterQueueOptions,
} from './nest/interfaces/register-queue-options.interface.js';
export type {
  ApplicationOptions,
  StepwellOptions,
  StepwellOptionsFactory,
} from './nest/interfaces/stepwell-options.interface.js';
export {
  defineQueue,
  type JobOf,
  QueueDefinition,
  type QueueName,
  type QueueOf,
  type QueueTypes,
} from './nest/define-queue.js';
export type { HandleInfo, OnHandle } from './nest/interfaces/on-handle.interface.js';
export * from './nest/nest-errors.js';
export { Queues } from './nest/queues.js';
export {
  type HealthOptions,
  type HealthReport,
  type QueueHealth,
  StepwellHealth,
} from './nest/stepwell.health.js';
export type { ListenerRequest } from './nest/scoped-listener.js';
export { getFlowProducerToken, getQueueEventsToken, getQueueToken } from './nest/queue-token.js';
export { JOB_REF } from './nest/stepwell.constants.js';
export { isStepwellContext, StepwellExecutionContext } from './nest/stepwell-execution-context.js';
export { StepwellModule } from './nest/stepwell.module.js';
export { STEPWELL_OPTIONS } from './nest/stepwell.module-definition.js';
export { StepwellRegistry } from './nest/stepwell.registry.js';
