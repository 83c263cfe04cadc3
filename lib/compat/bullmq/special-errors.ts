import * as engine from '../../job/special-errors.js';

export const DELAYED_ERROR = 'bullmq:movedToDelayed';
export const RATE_LIMIT_ERROR = 'bullmq:rateLimitExceeded';
export const UNRECOVERABLE_ERROR = 'bullmq:unrecoverable';
export const WAITING_ERROR = 'bullmq:movedToWait';
export const WAITING_CHILDREN_ERROR = 'bullmq:movedToWaitingChildren';

/** As that of the engine, with BullMQ's message where none is given. */
export class DelayedError extends engine.DelayedError {
  constructor(message: string = DELAYED_ERROR) {
    super(message);
  }
}

/** As that of the engine, with BullMQ's message where none is given. */
export class RateLimitError extends engine.RateLimitError {
  constructor(message: string = RATE_LIMIT_ERROR) {
    super(message);
  }
}

/** As that of the engine, with BullMQ's message where none is given. */
export class UnrecoverableError extends engine.UnrecoverableError {
  constructor(message: string = UNRECOVERABLE_ERROR) {
    super(message);
  }
}

/** As that of the engine, with BullMQ's message where none is given. */
export class WaitingError extends engine.WaitingError {
  constructor(message: string = WAITING_ERROR) {
    super(message);
  }
}

/** As that of the engine, with BullMQ's message where none is given. */
export class WaitingChildrenError extends engine.WaitingChildrenError {
  constructor(message: string = WAITING_CHILDREN_ERROR) {
    super(message);
  }
}
