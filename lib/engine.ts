// The engine without Nest.
export { Queue } from './queue/queue.js';
export type { QueueOptions } from './queue/queue-options.js';
export type { QueueListener } from './queue/queue-types.js';
export { Worker } from './worker/worker.js';
export type { Processor, WorkerOptions } from './worker/worker-options.js';
export type { WorkerListener } from './worker/worker-listener.js';
export { QueueEvents, type QueueEventsListener, type QueueEventsOptions } from './events/queue-events.js';
export type { EventOf } from './events/event-streams.js';
export type { EventBase, JobEvent, JobEventBase, JobEventName } from './job/job-event.js';
export { Job } from './job/job.js';
export type { JobProgress } from './job/job-progress.js';
export type {
  BackoffOptions,
  BulkJobOptions,
  DeduplicationOptions,
  DefaultJobOptions,
  JobsOptions,
  KeepJobs,
} from './job/job-options.js';
export type { DedupId, DedupPolicy } from './job/dedup-policy.js';
export type { QueueDedup } from './queue/dedup-policies.js';
export type { BackoffStrategy } from './job/backoff.js';
export type { JobStep, SignalResult, StepStatus } from './job/job-steps.js';
export type { SignalOptions } from './job/signal.js';
export type { FinishedState, JobState, JobType } from './job/job-state.js';
export type { RetryOptions } from './job/job-store.js';
export type { ConnectionOptions } from './redis/client.js';
export type { QueueBaseOptions } from './redis/queue-base-options.js';
export * from './job/errors.js';
export {
  DelayedError,
  RateLimitError,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
} from './job/special-errors.js';
export { defineSteps } from './steps/define-steps.js';
export type {
  CompensationFunction,
  DefinedStep,
  DefinedStepFunction,
  DefinedSteps,
} from './steps/define-steps.js';
export { done, next, Outcome, sleep, waitForChildren, waitForSignal } from './steps/outcomes.js';
export type { StepChild } from './steps/step-children.js';
export type { StepContext } from './steps/step-context.js';
export type { StepOptions, StepTries } from './steps/step-definition.js';
export * from './steps/step-errors.js';
export type { StepName, StepResult, StepReturn } from './steps/step-types.js';
