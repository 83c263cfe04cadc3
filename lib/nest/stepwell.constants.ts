import { REQUEST } from '@nestjs/core';

/** Metadata keys. Written by the decorators, read by `StepwellMetadataAccessor` alone. */
export const PROCESSOR_METADATA = 'stepwell:processor';
export const HANDLERS_METADATA = 'stepwell:handlers';
export const STEP_METADATA = 'stepwell:step';
export const COMPENSATIONS_METADATA = 'stepwell:compensations';
export const DEDUP_METADATA = 'stepwell:dedup';
export const LIMITS_METADATA = 'stepwell:limits';
export const SCHEDULES_METADATA = 'stepwell:schedules';
export const LISTENERS_METADATA = 'stepwell:listeners';

/** Context that the module's log lines carry. */
export const LOG_CONTEXT = 'Stepwell';

/**
 * Injects the job that an instance of a request-scoped processor, or of one of its dependencies, was made for.
 *
 * @example
 * constructor(@Inject(JOB_REF) private readonly job: Job<Order>) {}
 */
export const JOB_REF = REQUEST;
