import { checkBoolean, checkInteger } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { didYouMean, refuseUnknown } from '../job/known-names.js';
import type { RepeatOptions } from '../job/repeat-options.js';
import { parseCron } from './slots.js';

type Check = (option: string, value: unknown) => void;

const wholeMs: Check = (option, value) => checkInteger(option, value, 0);
const oneOf =
  (...known: string[]): Check =>
  (option, value) => {
    if (!known.includes(value as string)) {
      throw new InvalidOptionError(option, value, `Use one of ${known.join(', ')}.`);
    }
  };
const date: Check = (option, value) => void dateOf(option, value as Date | string | number);

const CHECKS: Record<keyof RepeatOptions, Check> = {
  pattern: checkPattern,
  every: (option, value) => checkInteger(option, value, 1),
  tz: checkZone,
  limit: (option, value) => checkInteger(option, value, 0),
  startDate: date,
  endDate: date,
  immediately: checkBoolean,
  offset: wholeMs,
  count: (option, value) => checkInteger(option, value, 0),
  missed: oneOf('skip', 'last', 'all'),
  atMost: (option, value) => checkInteger(option, value, 1, 1000),
  overlap: oneOf('allow', 'skip', 'queue'),
  jitter: wholeMs,
  spread: wholeMs,
};

/**
 * Throws an `InvalidOptionError` for what cannot be used or contradicts itself.
 * @param hasStrategy whether patterns are read by a strategy of the user's own
 */
export function checkRepeat(repeat: RepeatOptions, hasStrategy: boolean, now: number): void {
  if (typeof repeat !== 'object' || repeat === null) {
    throw new InvalidOptionError('repeat', repeat, "Use an object such as { pattern: '0 3 * * *' }.");
  }
  refuseUnknown('repeat.', repeat, Object.keys(CHECKS));
  for (const [option, value] of Object.entries(repeat)) {
    if (value !== undefined) {
      CHECKS[option as keyof RepeatOptions](option, value);
    }
  }
  const { pattern, every, endDate } = repeat;
  if (pattern !== undefined && every !== undefined) {
    throw new InvalidOptionError(
      'every',
      every,
      'Both .pattern and .every options are defined for this repeatable job: use one of them.',
    );
  }
  if (pattern === undefined && every === undefined) {
    throw new InvalidOptionError(
      'repeat',
      repeat,
      'Either .pattern or .every options must be defined for this repeatable job.',
    );
  }
  if (endDate !== undefined && dateOf('endDate', endDate) <= now) {
    throw new InvalidOptionError('endDate', endDate, 'End date must be greater than current timestamp.');
  }
  if (pattern !== undefined && !hasStrategy) {
    checkCron(pattern, repeat.tz, now);
  }
  checkTogether(repeat);
}

function checkTogether(repeat: RepeatOptions): void {
  const {
    pattern,
    every,
    startDate,
    endDate,
    immediately,
    offset,
    missed,
    atMost,
    jitter = 0,
    spread = 0,
  } = repeat;
  const refuse = (option: keyof RepeatOptions, fix: string): never => {
    throw new InvalidOptionError(option, repeat[option], fix);
  };
  if (immediately && startDate !== undefined) {
    refuse(
      'immediately',
      'Both .immediately and .startDate options are defined for this repeatable job: use one of them.',
    );
  }
  if (
    startDate !== undefined &&
    endDate !== undefined &&
    dateOf('startDate', startDate) > dateOf('endDate', endDate)
  ) {
    refuse('startDate', 'It is after endDate: swap them.');
  }
  if (offset !== undefined && pattern !== undefined) {
    refuse('offset', 'It belongs to every: a pattern says itself when it comes.');
  }
  if (repeat.tz !== undefined && pattern === undefined) {
    refuse('tz', 'It belongs to pattern: every counts milliseconds.');
  }
  if (offset !== undefined && every !== undefined && offset >= every) {
    refuse('offset', `Use less than every, which is ${every}.`);
  }
  if (atMost !== undefined && missed !== 'all') {
    refuse('atMost', "It belongs to missed: 'all'.");
  }
  if (every !== undefined && jitter + spread >= every) {
    refuse(
      jitter >= spread ? 'jitter' : 'spread',
      `Use less than every, which is ${every}: a slot would be due after the next one.`,
    );
  }
}

/** Milliseconds of a date. */
export function dateOf(option: string, value: Date | string | number): number {
  const isDate = value instanceof Date || typeof value === 'string' || typeof value === 'number';
  const ms = isDate ? Math.floor(new Date(value).getTime()) : Number.NaN;
  if (!(ms >= 0)) {
    throw new InvalidOptionError(
      option,
      value,
      'Use a Date, an ISO date such as 2027-01-31T12:00:00Z, or ms.',
    );
  }
  return ms;
}

function checkPattern(option: string, value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new InvalidOptionError(option, value, "Use a cron expression such as '0 3 * * *'.");
  }
}

function checkCron(pattern: string, tz: string | undefined, now: number): void {
  const fields = pattern.trim().split(/\s+/);
  if (!pattern.trim().startsWith('@') && (fields.length < 5 || fields.length > 6)) {
    throw new InvalidOptionError(
      'pattern',
      pattern,
      'Use five fields (minute, hour, day of month, month, weekday), or six with the second first.',
    );
  }
  try {
    parseCron(pattern, tz, now, 'check').next();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const never = /explicit day of month|loop limit|time span/i.test(reason);
    throw new InvalidOptionError(
      'pattern',
      pattern,
      never
        ? 'It never comes: there is no such day.'
        : `${reason.replace(/\.?$/, '.')} See a cron reference.`,
    );
  }
}

function checkZone(option: string, value: unknown): void {
  try {
    if (typeof value !== 'string' || value === '') throw new RangeError();
    Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    const near = typeof value === 'string' ? didYouMean(value, Intl.supportedValuesOf('timeZone')) : '';
    throw new InvalidOptionError(option, value, `${near}Use a zone such as Europe/Berlin or UTC.`);
  }
}
