// For applications that come from `bullmq`: its names, with its documented behaviour.
export { Queue, type ObliterateOpts } from './queue.js';
export type { QueueOptions } from './queue-options.js';
export { Worker, type Processor, type WorkerListener, type WorkerOptions } from './worker.js';
export { Job } from './job.js';
export type { JobJsonSandbox } from '../../job/job-json.js';
export {
  QueueEvents,
  type QueueEventsOptions,
  QueueEventsProducer,
  type QueueEventsProducerOptions,
} from './queue-events.js';
export {
  FlowProducer,
  type FlowOpts,
  type FlowProducerOptions,
  type FlowQueuesOpts,
  type JobNode,
} from './flow-producer.js';
export { QueueGetters, QueueGetters as QueueBase } from '../../queue/queue-getters.js';
export type { QueueBaseOptions, QueueBaseOptions as KeyPrefixOptions } from './base-options.js';
export { JobScheduler, type RepeatBaseOptions } from './job-scheduler.js';
export { defaultRepeatStrategy, getNextMillis } from './next-millis.js';
export { ErrorCode } from './error-code.js';
export { MetricsTime } from '../../queue/metrics-time.js';
export { PRIORITY_LIMIT } from '../../job/check.js';
export * from './special-errors.js';
export { CONNECTION_CLOSED_ERROR_MSG, ConnectionClosedError } from './connection-closed-error.js';
export * from '../../job/telemetry-names.js';
export type {
  Attributes,
  AttributeValue,
  ContextManager,
  Counter,
  Exception,
  ExceptionType,
  Gauge,
  Histogram,
  Meter,
  MetricOptions,
  Span,
  SpanOptions,
  BullMQTelemetry as Telemetry,
  Time,
  Tracer,
} from '../../job/bullmq-telemetry.js';
export { delay } from './delay.js';
export { removeAllQueueData } from './remove-all-queue-data.js';
export { randomUUID } from './random-uuid.js';
export * from './types.js';
