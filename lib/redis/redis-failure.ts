import { types } from 'node:util';
import {
  ConnectionClosedError,
  ConnectionError,
  RedisOutOfMemoryError,
  RedisReplyError,
  StepwellError,
} from '../job/errors.js';

/** Also of another realm, as test runners make them: there `instanceof` says no. */
const { isNativeError } = types;

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

/** Whether the server replies with an error that goes away by itself. */
export function isPassing(error: unknown): boolean {
  return isNativeError(error) && PASSING_REPLIES.some((word) => error.message.includes(word));
}

/** Whether the server refuses it to this user, or to a user who has not said who it is: nothing was written. */
export function isMissingRight(error: unknown): boolean {
  return isNativeError(error) && /\b(?:NOPERM|NOAUTH)\b/.test(error.message);
}

/** Errors of the client for what it has not sent. */
const UNSENT = /Stream isn't writeable|Cluster isn't ready/;

/** Whether the call has certainly not been carried out. */
export function neverRan(error: unknown): boolean {
  return isPassing(error) || (isNativeError(error) && UNSENT.test(error.message));
}

/** Whether the connection broke before a reply came. */
export function isBroken(error: unknown): boolean {
  return (
    error instanceof ConnectionError || (isNativeError(error) && BROKEN_CONNECTION.test(reasonOf(error)))
  );
}

/** Whether it passes by itself: with the next connection, or after a while. */
export function isPassingFailure(error: unknown): boolean {
  return isBroken(error) || isPassing(error) || isRoleChange(error) || isSystemError(error);
}

/** A server that becomes a replica sends away those who wait there. */
function isRoleChange(error: unknown): boolean {
  return isNativeError(error) && error.message.startsWith('UNBLOCKED');
}

function isSystemError(error: unknown): boolean {
  return isNativeError(error) && 'syscall' in error;
}

/**
 * What went wrong, for people. An error of several addresses has no message of its own, and one of a whole cluster hides
 * that of a node.
 */
export function reasonOf(error: Error): string {
  const { errors, lastNodeError, code } = error as Error & {
    errors?: unknown;
    lastNodeError?: unknown;
    code?: unknown;
  };
  const inner = (Array.isArray(errors) ? errors : [lastNodeError])
    .map((each: unknown) => (isNativeError(each) ? each.message : ''))
    .filter((text) => text !== '' && text !== error.message);
  const own = error.message || (inner.length > 0 ? '' : String(code ?? error.name));
  return withoutSecrets([own, inner.join('; ')].filter(Boolean).join(': '));
}

/** An error to show as a cause: without the command that the client hangs on its errors, which would carry job data. */
export function causeOf(error: unknown): Error {
  const cause = new Error(isNativeError(error) ? reasonOf(error) : withoutSecrets(String(error)));
  const { name, code, syscall, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  cause.name = name ?? cause.name;
  const known = Object.entries({ code, syscall, address, port }).filter(([, value]) => value !== undefined);
  return Object.assign(cause, Object.fromEntries(known));
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
  const message = isNativeError(error) ? error.message : String(error);
  if (message.startsWith('Connection is closed')) {
    if (client !== undefined && client.status !== 'end') {
      return new ConnectionError('Redis did not answer: the connection was closed.');
    }
    return new ConnectionClosedError('The connection to Redis is closed.');
  }
  const cause = causeOf(error);
  const tries = /max retries per request limit \(which is (\d+)\)/.exec(message)?.[1];
  if (tries) {
    return new ConnectionError(`Redis cannot be reached: tried to connect ${tries} times.`, { cause });
  }
  if (isBroken(error)) {
    return new ConnectionError(`Redis did not answer: ${cause.message}`, { cause });
  }
  if (/\bOOM /.test(message)) {
    return new RedisOutOfMemoryError();
  }
  return new RedisReplyError(withoutSecrets(message), isPassing(error));
}

/** URLs may hold passwords, before an `@` or in their query. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(\b[a-z][a-z\d+.-]*:\/{1,2})\S*@/gi, '$1***@')
    .replace(/([?&]\w*(?:pass|user)\w*=)[^&\s]*/gi, '$1***');
}
