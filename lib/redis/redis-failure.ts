import {
  ConnectionClosedError,
  ConnectionError,
  RedisOutOfMemoryError,
  RedisReplyError,
  StepwellError,
} from '../job/errors.js';

/** Replies after which the same call may simply be sent again: the script has not run. */
const PASSING_REPLIES = [
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY ',
  '-BUSY',
  'NOREPLICAS',
  'MISCONF',
];

/** Errors of the client itself, not of the server: the connection broke, whether the call ran is unknown. */
const BROKEN_CONNECTION =
  /Connection is closed|max retries per request|Stream isn't writeable|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|Command timed out|Socket (?:closed|timeout)|Connection timeout|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|None of startup nodes|Failed to refresh slots/i;

/** Whether the server answers with an error that goes away by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof Error && PASSING_REPLIES.some((word) => error.message.includes(word));
}

/** Whether the connection broke before an answer came. */
export function isBroken(error: unknown): boolean {
  return (
    error instanceof ConnectionError || (error instanceof Error && BROKEN_CONNECTION.test(error.message))
  );
}

/**
 * The error to show for one of the client: ioredis hangs the command with its arguments on its errors, which would
 * carry job data into logs.
 */
export function toStepwellError(error: unknown): Error {
  if (error instanceof StepwellError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/Connection is closed/.test(message)) {
    return new ConnectionClosedError('The connection to Redis is closed.');
  }
  const tries = /max retries per request limit \(which is (\d+)\)/.exec(message)?.[1];
  if (tries) {
    return new ConnectionError(`Redis cannot be reached: tried to connect ${tries} times.`);
  }
  if (BROKEN_CONNECTION.test(message)) {
    return new ConnectionError(`Redis did not answer: ${withoutSecrets(message)}`);
  }
  if (/\bOOM /.test(message)) {
    return new RedisOutOfMemoryError();
  }
  return new RedisReplyError(withoutSecrets(message), isPassing(error));
}

/** URLs may hold passwords. */
export function withoutSecrets(text: string): string {
  return text.replace(/(rediss?:\/\/)[^@\s/]*@/gi, '$1***@');
}
