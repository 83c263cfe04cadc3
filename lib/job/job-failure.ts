import { isNativeError } from 'node:util/types';
import { backoffDelay, type BackoffStrategy } from './backoff.js';
import { JobCancelledError } from './errors.js';
import type { BackoffOptions, JobsOptions } from './job-options.js';
import { specialErrorKind } from './special-errors.js';

const DEFAULT_STACK_TRACES = 10;
const MAX_STACK_CHARS = 8192;
/** Longer messages are cut: what they are made of may have any size. */
const MAX_REASON_CHARS = 1024 * 1024;
/** Errors within errors are looked into so deep. */
const DEEPEST_ERROR = 5;
/** A hundred years: longer pauses would leave the range of exact numbers. */
const LONGEST_PAUSE_MS = 100 * 365 * 24 * 3600 * 1000;

/** What follows from a failed attempt. */
export interface Failure {
  reason: string;
  stack: string[];
  /** Pause before the next try; undefined when the job fails for good. */
  retryDelayMs: number | undefined;
  /** Whether it fails for want of further attempts. */
  exhausted: boolean;
}

interface Attempted {
  readonly opts: JobsOptions;
  readonly attemptsMade: number;
  /** None where the entry for BullMQ has a new job. */
  readonly stacktrace: string[] | null;
}

/** How often something is tried. */
export interface Tries {
  /** Tries that have ended, the failed one included. */
  made: number;
  attempts: number | undefined;
  backoff: number | BackoffOptions | undefined;
  /** Names the pause in place of `backoff`. */
  retryDelay?: ((made: number, error: Error) => number | Promise<number>) | undefined;
}

/** Decides between another try and failing for good, and what is kept of the error. */
export async function failureOf<J extends Attempted>(
  job: J,
  error: Error,
  strategy?: BackoffStrategy<J>,
  tries: Tries = triesOf(job),
  random?: () => number,
): Promise<Failure> {
  const { made, attempts = 0, backoff, retryDelay } = tries;
  let retryDelayMs: number | undefined;
  const isFinal = error instanceof JobCancelledError && error.isFinal;
  if (made < attempts && !isFinal && specialErrorKind(error) !== 'unrecoverable') {
    const delay = retryDelay
      ? await retryDelay(made, error)
      : await backoffDelay(backoff, made, error, job, strategy, random);
    retryDelayMs =
      delay < 0 || !Number.isFinite(delay) ? undefined : Math.min(Math.round(delay), LONGEST_PAUSE_MS);
  }
  const keep = job.opts.stackTraceLimit ?? DEFAULT_STACK_TRACES;
  const reason = messageOf(error).slice(0, MAX_REASON_CHARS);
  const trace = textOf(partOf(error, 'stack') ?? reason).slice(0, MAX_STACK_CHARS);
  return {
    reason,
    stack: keep === 0 ? [] : [...(job.stacktrace ?? []), trace].slice(-keep),
    retryDelayMs,
    exhausted: made >= attempts && !isFinal,
  };
}

function triesOf({ opts, attemptsMade }: Attempted): Tries {
  return { made: attemptsMade + 1, attempts: opts.attempts, backoff: opts.backoff };
}

/** Stands for a thrown value that is no Error. */
class ThrownValue extends Error {
  /** Set for what can pass for an Error, as it has a message. */
  readonly thrown: Error | undefined;

  constructor(thrown: unknown) {
    const message = messageIn(thrown);
    super(message ?? describe(thrown), { cause: thrown });
    this.name = 'Error';
    this.thrown = message === undefined ? undefined : (thrown as Error);
  }
}

/** A thrown value as an Error; what is not one is described by its message, or its text. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new ThrownValue(thrown);
}

function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error || isNativeError(thrown);
  } catch {
    return false;
  }
}

/** A part of what users threw: to read it may throw once more. */
function partOf(error: Error, part: 'message' | 'stack' | 'errors'): unknown {
  try {
    return (error as { errors?: unknown } & Error)[part];
  } catch {
    return undefined;
  }
}

/** What listeners get: an object with a message as it was thrown, else the Error that stands for it, its `cause` what was thrown. */
export function thrownBy(error: Error): Error {
  return error instanceof ThrownValue ? (error.thrown ?? error) : error;
}

/**
 * The text of an error, whatever its message is. An AggregateError without a message is described by the first of its errors that has
 * one.
 */
export function messageOf(error: Error, depth = 0): string {
  const message = textOf(partOf(error, 'message') ?? '');
  const errors = partOf(error, 'errors');
  if (message !== '' || !Array.isArray(errors) || depth >= DEEPEST_ERROR) {
    return message;
  }
  for (const inner of errors as unknown[]) {
    const found = messageOf(asError(inner), depth + 1);
    if (found !== '') {
      return found;
    }
  }
  return '';
}

function messageIn(thrown: unknown): string | undefined {
  try {
    const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown && thrown.message;
    return typeof message === 'string' && message !== '' ? message : undefined;
  } catch {
    return undefined;
  }
}

function describe(thrown: unknown): string {
  const text = textOf(thrown);
  return text === '[object Object]' ? 'An object was thrown that has no message.' : text;
}

/** Never throws: a processor may throw anything, also what has no text. */
function textOf(value: unknown): string {
  try {
    return typeof value === 'string' ? value : String(value);
  } catch {
    return 'A value was thrown that has no text.';
  }
}
