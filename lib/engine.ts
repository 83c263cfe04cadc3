// The engine without Nest.
export { Queue } from './queue/queue.js';
export type { QueueOptions } from './queue/queue-options.js';
export type { LimitsOf } from './queue/own-limits.js';
export type { Durability } from './store/durability.js';
export type { QueueListener } from './queue/queue-types.js';
export { MetricsTime } from './queue/metrics-time.js';
export type { ClientEntry, Metrics, QueueMeta } from './queue/queue-reports.js';
export { Worker } from './worker/worker.js';
export { Batch } from './worker/batch.js';
export type { BatchOptions } from './worker/batch-options.js';
export type {
  BatchProcessor,
  BatchWorkerOptions,
  Processor,
  ProcessorFile,
  WorkerOptions,
} from './worker/worker-options.js';
export type { WorkerListener } from './worker/worker-listener.js';
export type { WorkerEvent, WorkerEventOf } from './worker/worker-streams.js';
export type { BufferOptions, OverflowPolicy } from './events/event-buffer.js';
export { forJob } from './events/for-job.js';
export { type Consumer, holdWhileBusy } from './events/hold-while-busy.js';
export { iterateEvents } from './events/iterate-events.js';
export type { WatchEvent, WatchOptions } from './events/job-watch.js';
export { ofType } from './events/of-type.js';
export { QueueEventsProducer } from './events/queue-events-producer.js';
export { toProgress } from './events/to-progress.js';
export { type SseMessage, type SseOptions, type SseResponse, toSse } from './events/to-sse.js';
export { type JobOutcome, whenFinished } from './events/when-finished.js';
export { FlowProducer } from './flow/flow-producer.js';
export type {
  FlowOptions,
  FlowProducerListener,
  FlowProducerOptions,
  FlowQuery,
  JobNode,
} from './flow/flow-options.js';
export type { FlowJob } from './job/flow-job.js';
export type { Dependencies, DependenciesOptions, DependencyOptions } from './job/job-relatives.js';
export type { ParentOptions } from './job/job-ref.js';
export { QueueEvents, type QueueEventsOptions } from './events/queue-events.js';
export type { QueueEventsListener } from './events/queue-events-listener.js';
export type {
  CustomEvent,
  DroppedEvent,
  EventBase,
  EventOf,
  GapEvent,
  JobEvent,
  JobEventBase,
  JobEventName,
  SnapshotEvent,
} from './job/job-event.js';
export type { CancelOptions, CancelOutcome } from './job/cancel-job.js';
export type { Cancellation } from './job/cancellation.js';
export { Job } from './job/job.js';
export { exportHistory, type HistoryChild, type HistoryStep, type JobHistory } from './job/job-history.js';
export type { JobJson } from './job/job-json.js';
export type { JobProgress } from './job/job-progress.js';
export type {
  BackoffOptions,
  BulkJobOptions,
  DeduplicationOptions,
  DefaultJobOptions,
  JobsOptions,
  JobTelemetryOptions,
  KeepJobs,
} from './job/job-options.js';
export type {
  ContextPropagator,
  MeasuredQueue,
  Telemetry,
  Trace,
  TracedEnd,
  TracedOutcome,
  Upkeep,
  TracedWork,
} from './job/telemetry.js';
export type { BullMQTelemetry } from './job/bullmq-telemetry.js';
export type { JobExplanation, WaitReason } from './job/explanation.js';
export type { GroupEntry, GroupLimits, GroupOptions, GroupState, GroupStatus } from './job/group.js';
export type { LimitOptions, LimitState, RateLimit } from './job/limit.js';
export type { DedupId, DedupPolicy } from './job/dedup-policy.js';
export type { QueueDedup } from './queue/dedup-policies.js';
export type { Codec } from './job/codec.js';
export type { BackoffStrategy } from './job/backoff.js';
export type {
  JobRepeat,
  MissedPolicy,
  OverlapPolicy,
  RepeatOptions,
  RepeatStrategy,
} from './job/repeat-options.js';
export type {
  JobScheduler,
  JobSchedulerTemplate,
  JobSchedulerTemplateOptions,
} from './schedule/job-scheduler.js';
export * from './schedule/scheduler-errors.js';
export type { JobStep, SignalResult, StepStatus } from './job/job-steps.js';
export type { SignalOptions } from './job/signal.js';
export type { FinishedState, JobState, JobType } from './job/job-state.js';
export type { RetryOptions } from './job/job-store.js';
export type { ConnectionOptions, IoredisClient, IoredisOptions, RedisClient } from './redis/client.js';
export type { QueueBaseOptions } from './redis/queue-base-options.js';
export * from './job/errors.js';
export { MisplacedOutcomeError } from './job/misplaced-outcome-error.js';
export {
  DelayedError,
  RateLimitError,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
} from './job/special-errors.js';
export { defineSteps, type DefineStepsOptions } from './steps/define-steps.js';
export type {
  CompensationFunction,
  DefinedStep,
  DefinedStepFunction,
  DefinedSteps,
} from './steps/define-steps.js';
export {
  ChildrenWait,
  done,
  Done,
  next,
  Next,
  Outcome,
  sleep,
  Sleep,
  SignalWait,
  type ThenOptions,
  waitForChildren,
  waitForSignal,
} from './steps/outcomes.js';
export type { StepChild } from './steps/step-children.js';
export type { StepContext, StepName } from './steps/step-context.js';
export type { StepOptions, StepTries } from './steps/step-definition.js';
export * from './steps/step-errors.js';
export type { StepResult, StepReturn, WithCodec } from './steps/step-types.js';
