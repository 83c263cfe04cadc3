import { StepwellError } from './stepwell-error.js';

/** The job names a limit that nobody has defined, and does not ask to wait for it with `awaitLimits`. Nothing was written. */
export class UnknownLimitError extends StepwellError {
  constructor(readonly limit: string) {
    super(
      `There is no limit ${limit}: define it with queue.setLimit or the queue's option limits, or add the job with awaitLimits.`,
      'UNKNOWN_LIMIT',
    );
  }
}

/** A queue has as many limits as it may: 1000. Nothing was written. */
export class TooManyLimitsError extends StepwellError {
  constructor(readonly limit: string) {
    super(
      `Cannot set the limit ${limit}: the queue has 1000 others. Remove one with removeLimit.`,
      'TOO_MANY_LIMITS',
    );
  }
}

/** There is no limit of that name. */
export class LimitNotFoundError extends StepwellError {
  constructor(
    readonly limit: string,
    action: string,
  ) {
    super(`Cannot ${action} the limit ${limit}: there is no such limit.`, 'LIMIT_NOT_FOUND');
  }
}

/** As many jobs wait in the group as the one to add allows, see `group.maxSize`. Nothing was written. */
export class GroupMaxSizeExceededError extends StepwellError {
  constructor(readonly groupId: string) {
    super(
      `The group ${groupId} is full: add the job later, or raise its group.maxSize.`,
      'GROUP_MAX_SIZE_EXCEEDED',
    );
  }
}
