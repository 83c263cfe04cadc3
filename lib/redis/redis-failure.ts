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
    return new ConnectionError(`Redis cannot be reached: tried to connect ${tries} times.`, {
      cause: causeOf(error),
    });
  }
  if (BROKEN_CONNECTION.test(message)) {
    return new ConnectionError(`Redis did not answer: ${withoutSecrets(message)}`, { cause: causeOf(error) });
  }
  if (/\bOOM /.test(message)) {
    return new RedisOutOfMemoryError();
  }
  return new RedisReplyError(withoutSecrets(message));
}

/**
 * The error behind one that is shown: its message and code, without the command that ioredis hangs on it. An
 * `AggregateError`, as of a host with several addresses, says its first.
 */
export function causeOf(error: unknown): Error {
  const { code, message, name, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] };
  const text = message || (errors?.[0] as Error | undefined)?.message || code || name;
  return Object.assign(new Error(withoutSecrets(text)), code === undefined ? {} : { code });
}

/** URLs may hold passwords, before an `@` or in their query. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(\b[a-z][a-z\d+.-]*:\/{1,2})\S*@/gi, '$1***@')
    .replace(/([?&]\w*(?:pass|user)\w*=)[^&\s]*/gi, '$1***');
}
