import { StepwellError } from './stepwell-error.js';

/** An option or argument that cannot be used. Nothing was written. */
export class InvalidOptionError extends StepwellError {
  /**
   * @param option name of the option or argument
   * @param value what was given
   * @param fix what to give instead
   */
  constructor(
    readonly option: string,
    readonly value: unknown,
    fix: string,
  ) {
    super(`Invalid ${option}: ${shown(value)}. ${fix}`, 'INVALID_OPTION');
  }
}

/** Job data, a result or progress that JSON cannot hold. */
export class NotSerializableError extends StepwellError {
  constructor(what: string, cause: unknown) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    super(`${what} cannot be stored as JSON: ${reason}`, 'NOT_SERIALIZABLE', { cause });
  }
}

/**
 * What is stored cannot be read: another codec than the queue's wrote it, or it was changed by hand or by another program.
 */
export class UnreadableValueError extends StepwellError {
  /** @param cause what the codec threw, or in words what is wrong with the stored text, which itself is never shown */
  constructor(what: string, cause: unknown) {
    if (typeof cause === 'string') {
      super(`${what} cannot be read: ${cause}`, 'UNREADABLE_VALUE');
      return;
    }
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    super(`${what} cannot be read by the queue's codec: ${reason}`, 'UNREADABLE_VALUE', { cause });
  }
}

/** Job data over the `sizeLimit` of its options. */
export class DataTooLargeError extends StepwellError {
  constructor(bytes: number, limit: number) {
    super(
      `Job data has ${bytes} bytes, over its sizeLimit of ${limit}. Store it elsewhere and pass a reference.`,
      'DATA_TOO_LARGE',
    );
  }
}

/** A value that is more than Redis is to be sent in one piece. Nothing was written. */
export class ValueTooLargeError extends StepwellError {
  constructor(what: string, bytes: number, limit: number) {
    super(
      `${what} has ${bytes} bytes, over the limit of ${limit}. Store it elsewhere and pass a reference.`,
      'VALUE_TOO_LARGE',
    );
  }
}

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > MAX_SHOWN ? `"${value.slice(0, MAX_SHOWN)}…"` : `"${value}"`;
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
  return typeof value === 'function' ? 'a function' : String(value);
}
