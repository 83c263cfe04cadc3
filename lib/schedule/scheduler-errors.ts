import { StepwellError, UnreadableValueError } from '../job/errors.js';

/** There is no scheduler of that id. */
export class JobSchedulerNotFoundError extends StepwellError {
  constructor(
    readonly schedulerId: string,
    action: string,
  ) {
    super(
      `Cannot ${action} the job scheduler ${schedulerId}: there is none of that id.`,
      'JOB_SCHEDULER_NOT_FOUND',
    );
  }
}

/** The record of a scheduler was changed from outside. */
export class UnreadableSchedulerError extends UnreadableValueError {
  constructor(readonly schedulerId: string) {
    super(
      `The job scheduler ${schedulerId}`,
      'its record was changed from outside. It makes no further jobs: make it anew by upsertJobScheduler.',
    );
  }
}

const SLOT_TAKEN = { pattern: -10, every: -11 } as const;

/** Every one of the next slots has a job already. Nothing was written. */
export class SlotTakenError extends StepwellError {
  constructor(
    readonly schedulerId: string,
    kind: keyof typeof SLOT_TAKEN,
  ) {
    super(
      `Cannot make the next job of the job scheduler ${schedulerId}: all next slots have jobs. Remove jobs whose ids begin ` +
        `with repeat:${schedulerId}: or give the scheduler another id.`,
      SLOT_TAKEN[kind],
    );
  }
}
