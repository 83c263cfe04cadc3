import { StepwellError } from './stepwell-error.js';

/** A worker or a reader of events cannot be started: it runs already, was closed, or has nothing to run. */
export class NotRunnableError extends StepwellError {
  constructor(message: string) {
    super(message, 'NOT_RUNNABLE');
  }
}

/** Why a job's signal was aborted: the worker is closing and its deadline has passed. */
export class WorkerClosingError extends StepwellError {
  constructor() {
    super('The worker is closing: the job is handed back.', 'WORKER_CLOSING');
  }
}

/** A consumer of events was too slow, and its buffer's `overflow` is `error`. */
export class EventOverflowError extends StepwellError {
  constructor(limit: number) {
    super(
      `More than ${limit} events wait for a slow consumer. Make it faster, raise limit, or let overflow drop some.`,
      'EVENT_OVERFLOW',
    );
  }
}
