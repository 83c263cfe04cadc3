import {
  InvalidOptionError,
  JobNotFoundError,
  LockLostError,
  MissingParentError,
  ParentConflictError,
  PendingChildrenError,
  WrongStateError,
} from '../../job/errors.js';
import { ErrorCode } from './error-code.js';

const CODES = [
  [JobNotFoundError, ErrorCode.JobNotExist],
  [LockLostError, ErrorCode.JobLockMismatch],
  [WrongStateError, ErrorCode.JobNotInState],
  [PendingChildrenError, ErrorCode.JobPendingChildren],
  [MissingParentError, ErrorCode.ParentJobNotExist],
  [ParentConflictError, ErrorCode.ParentJobCannotBeReplaced],
] as const;

/** The option of that name, wherever it is given. */
const PARENT = /\bparent$/;

/** The error with BullMQ's number as its `code`; it keeps its own words. */
export function withCode(error: unknown): unknown {
  for (const [type, code] of CODES) {
    if (error instanceof type) {
      setCode(error, code);
    }
  }
  if (error instanceof InvalidOptionError && PARENT.test(error.option)) {
    // What cannot name a job names none that is there.
    setCode(error, ErrorCode.ParentJobNotExist);
  }
  return error;
}

export function setCode(error: object, code: ErrorCode): void {
  Object.defineProperty(error, 'code', { value: code, enumerable: true });
}

/** Calls, and gives an error of the engine BullMQ's number. */
export async function coded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw withCode(error);
  }
}
