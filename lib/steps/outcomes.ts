import { branded } from '../job/branded.js';
import { checkSignalName, checkStepName, checkNumber } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';
import type { SignalResult } from '../job/job-steps.js';
import { OUTCOME } from '../job/misplaced-outcome-error.js';

/**
 * What a step may return instead of a plain value: where the job goes on, and when. `V` is the step's result, as later
 * steps read it.
 */
export abstract class Outcome<V = unknown> {
  /** @internal Told apart where this class is not known. */
  declare readonly [OUTCOME]: true;

  constructor(
    readonly value: V,
    /** Undefined for the step that follows. */
    readonly to: string | undefined,
  ) {}
}

// On the prototype, so that no outcome shows it.
Object.defineProperty(Outcome.prototype, OUTCOME, { value: true });
branded(Outcome, 'Outcome');

export class Next<V> extends Outcome<V> {
  protected readonly kind = 'next';
}

export class Done<V> extends Outcome<V> {
  protected readonly kind = 'done';
}

export class Sleep<V> extends Outcome<V> {
  protected readonly kind = 'sleep';

  constructor(
    readonly until: number | Date,
    value: V,
    to: string | undefined,
  ) {
    super(value, to);
  }
}

export class ChildrenWait<V> extends Outcome<V> {
  protected readonly kind = 'children';
}

export class SignalWait<P> extends Outcome<SignalResult<P>> {
  protected readonly kind = 'signal';

  constructor(
    readonly signal: string,
    readonly timeoutMs: number | undefined,
    to: string | undefined,
  ) {
    super(undefined as never, to);
  }
}

const THEN_OPTIONS = ['then', 'value'];

/** A century. */
const LONGEST_MS = 100 * 365 * 24 * 3600 * 1000;

/** What the waiting outcomes take besides. */
export interface ThenOptions<V> {
  /** Step to go on with. Default: the next one. */
  then?: string;
  /** Result of the step that waits. Default null. */
  value?: V;
}

/**
 * Goes on with the step of that name instead of the one that follows. In a class or in `defineSteps`, `ctx.next` takes
 * only names of its steps.
 *
 * @example
 * check(job: Job<Order>) {
 *   return job.data.isPaid ? next('ship', 'paid before') : 'to be paid';
 * }
 */
export function next(step: string): Next<null>;
export function next<V>(step: string, value: V): Next<V>;
export function next(step: string, value: unknown = null): Next<unknown> {
  checkStepName('next', step);
  return new Next(value, step);
}

/** Completes the job at once, with that result. */
export function done(): Done<null>;
export function done<V>(value: V): Done<V>;
export function done(value: unknown = null): Done<unknown> {
  return new Done(value, undefined);
}

/**
 * Lets the job rest for so many milliseconds, or until a time. It holds no slot, no lock and no timer meanwhile.
 *
 * @example
 * coolDown() {
 *   return sleep(10 * 60_000, { then: 'ship' });
 * }
 */
export function sleep<V = null>(until: number | Date, options: ThenOptions<V> = {}): Sleep<V> {
  refuseUnknown('sleep option', options, THEN_OPTIONS);
  if (!(until instanceof Date)) {
    checkNumber('sleep', until, 0, LONGEST_MS);
  } else if (Number.isNaN(until.getTime())) {
    throw new InvalidOptionError('sleep', until, 'Use milliseconds or a valid date.');
  }
  return new Sleep(until, valueOf(options), checkThen(options));
}

/** Waits until all children of the job have come to their end, without a slot; goes on at once when none is pending. */
export function waitForChildren<V = null>(options: ThenOptions<V> = {}): ChildrenWait<V> {
  refuseUnknown('waitForChildren option', options, THEN_OPTIONS);
  return new ChildrenWait(valueOf(options), checkThen(options));
}

/**
 * Waits for a signal of that name, without a slot; takes at once one that was sent before. The step's result is then
 * `{ timedOut: false, signal }`, or `{ timedOut: true }` after `timeout` milliseconds. Default: no timeout.
 *
 * @example
 * ask() {
 *   return waitForSignal<{ by: string }>('approved', { timeout: 24 * 3600_000 });
 * }
 */
// oxlint-disable-next-line typescript/no-explicit-any -- whoever sends the signal decides
export function waitForSignal<P = any>(
  signal: string,
  options: { timeout?: number; then?: string } = {},
): SignalWait<P> {
  checkSignalName(signal);
  refuseUnknown('waitForSignal option', options, ['timeout', 'then']);
  if (options.timeout !== undefined) {
    checkNumber('waitForSignal.timeout', options.timeout, 1, LONGEST_MS);
  }
  return new SignalWait<P>(signal, options.timeout, checkThen(options));
}

function valueOf<V>({ value = null as V }: ThenOptions<V>): V {
  return value;
}

function checkThen({ then }: { then?: string }): string | undefined {
  if (then !== undefined) {
    checkStepName('then', then);
  }
  return then;
}
