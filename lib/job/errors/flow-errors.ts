import { StepwellError } from './stepwell-error.js';

/** There is no job that could wait for the one to add. Nothing was written. */
export class MissingParentError extends StepwellError {
  constructor(readonly parentKey: string) {
    super(`There is no job ${parentKey} to be the parent.`, 'MISSING_PARENT');
  }
}

/** A job with the id to add is there, and is the child of another job. Nothing was written. */
export class ParentConflictError extends StepwellError {
  constructor(
    readonly jobId: string,
    readonly parentKey: string,
  ) {
    super(`Job ${jobId} is there already, and ${parentKey} waits for it.`, 'PARENT_CONFLICT');
  }
}

/** A job cannot complete while it has children that have not ended. */
export class PendingChildrenError extends StepwellError {
  constructor(readonly jobId: string) {
    super(
      `Cannot complete job ${jobId}: it has children that have not ended. Wait for them with moveToWaitingChildren.`,
      'PENDING_CHILDREN',
    );
  }
}
