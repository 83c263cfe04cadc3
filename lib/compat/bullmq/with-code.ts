import {
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

/** The error with BullMQ's number as its `code`; it keeps its own words. */
export function withCode(error: unknown): unknown {
  for (const [type, code] of CODES) {
    if (error instanceof type) {
      Object.defineProperty(error, 'code', { value: code, enumerable: true });
    }
  }
  return error;
}

/** Calls, and gives an error of the engine BullMQ's number. */
export async function coded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw withCode(error);
  }
}
