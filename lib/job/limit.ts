import { checkInteger, checkLimitName, LONGEST_TIMER_MS } from './check.js';
import { InvalidOptionError } from './errors.js';
import { refuseUnknown } from './known-names.js';

/** Limits that one job may name. */
const MOST_LIMITS_OF_A_JOB = 20;

/** So many starts in a window, which opens at the first of them. */
export interface RateLimit {
  /** Starts in a window. */
  max: number;
  /** Length of the window in milliseconds. */
  duration: number;
}

/** What a limit allows; at least one of `concurrency` and `max`. */
export interface LimitOptions {
  /** Jobs at the same time. Default: any number. */
  concurrency?: number;
  /** Starts in a window of `duration`. Default: any number. */
  max?: number;
  /** Length of the window in milliseconds; it opens at its first start. */
  duration?: number;
  /**
   * Whether all queues of the same prefix that have a shared limit of this name share its places and starts. Each borrows what it needs
   * from the limit for some seconds at a time, so a change, and a place that another queue has given back, take up to a second to
   * arrive. Default false: the limit is this queue's own.
   */
  shared?: boolean;
}

/** A limit as it is now. */
export interface LimitState extends LimitOptions {
  name: string;
  /** False where jobs wait for a limit that nobody has defined. */
  isDefined: boolean;
  isPaused: boolean;
  /** Jobs that run and count in it. */
  active: number;
  /** Jobs that it does not let start. */
  waiting: number;
  /** Starts in the window that is open. */
  started: number;
  /** Milliseconds until that window ends; 0 where none is open. */
  windowMs: number;
  /** Of a shared one, how many places this queue has now; `active`, `waiting` and `started` are this queue's, too. */
  places?: number;
}

const LIMIT_OPTIONS = ['concurrency', 'max', 'duration', 'shared'];

/** Throws an `InvalidOptionError` for a limit that cannot be. */
export function checkLimit(option: string, value: unknown): asserts value is LimitOptions {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object, such as { concurrency: 5 }.');
  }
  refuseUnknown(`${option}.`, value, LIMIT_OPTIONS);
  const { concurrency, max, duration, shared } = value as LimitOptions;
  if (concurrency === undefined && max === undefined) {
    throw new InvalidOptionError(option, value, 'Give concurrency, or max and duration, or all three.');
  }
  if (concurrency !== undefined) {
    checkInteger(`${option}.concurrency`, concurrency, 1);
  }
  if (max !== undefined || duration !== undefined) {
    checkRate(option, max, duration);
  }
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw new InvalidOptionError(`${option}.shared`, shared, 'Use true or false.');
  }
}

/** Throws an `InvalidOptionError` for a window that cannot be. */
export function checkRate(option: string, max: unknown, duration: unknown): void {
  const part = (name: string): string => (option === '' ? name : `${option}.${name}`);
  checkInteger(part('max'), max, 1);
  checkInteger(part('duration'), duration, 1, LONGEST_TIMER_MS);
}

/** Throws an `InvalidOptionError` for what cannot name the limits of a job. */
export function checkLimitNames(option: string, value: unknown): void {
  if (!Array.isArray(value) || value.length > MOST_LIMITS_OF_A_JOB) {
    throw new InvalidOptionError(option, value, `Use a list of at most ${MOST_LIMITS_OF_A_JOB} names.`);
  }
  value.forEach((name: unknown, i) => checkLimitName(`${option}[${i}]`, name));
  if (new Set(value).size < value.length) {
    throw new InvalidOptionError(option, value, 'Name each limit once.');
  }
}
