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
  /Connection is closed|connection was closed|Command aborted due to connection close|Too many Cluster redirections|Cluster isn't ready|max retries per request|Stream isn't writeable|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|Command timed out|Socket (?:closed|timeout)|Connection timeout|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|None of startup nodes|Failed to refresh slots/i;

/** Whether the server answers with an error that goes away by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof Error && PASSING_REPLIES.some((word) => error.message.includes(word));
}

/** Errors of the client for what it has not sent. */
const UNSENT = /Stream isn't writeable|Cluster isn't ready/;

/** Whether the call has certainly not been carried out. */
export function neverRan(error: unknown): boolean {
  return isPassing(error) || (error instanceof Error && UNSENT.test(error.message));
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
 * @param client the one that gave it: on a cluster single connections are closed while others go on
 */
export function toStepwellError(error: unknown, client?: { status: string }): Error {
  if (error instanceof StepwellError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('Connection is closed')) {
    if (client !== undefined && client.status !== 'end') {
      return new ConnectionError('Redis did not answer: the connection was closed.');
    }
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
  return new RedisReplyError(withoutSecrets(message));
}

/** URLs may hold passwords. */
export function withoutSecrets(text: string): string {
  return text.replace(/(rediss?:\/\/)[^@\s/]*@/gi, '$1***@');
}
