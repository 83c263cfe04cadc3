import { InvalidOptionError } from './errors.js';

/** Options of BullMQ that have nothing to do here, and what to do instead. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  blockingConnection:
    'Leave it out: waits run on connections of their own, and all reconnect by themselves. ' +
    'Use callTimeout for how long a call waits for a Redis that is away.',
  skipWaitingForReady: 'Leave it out: a short callTimeout has calls fail fast while Redis is away.',
  skipMetasUpdate: 'Leave it out: nothing is written when a queue is opened.',
  blockingTimeout: 'Leave it out: all queues of a process are read by shared connections.',
};

/** Names among those of `given` that have no meaning and a value. */
export function unknownNames(given: object, known: readonly string[]): string[] {
  return Object.keys(given).filter(
    (name) => !known.includes(name) && (given as Record<string, unknown>)[name] !== undefined,
  );
}

/** Checks one option that has a value. */
export type OptionCheck = (option: string, value: unknown) => unknown;

/**
 * Throws an `InvalidOptionError` for the first option that cannot be used; names that have no check count as such, also those that
 * every object has. Nothing else of a call's options is looked at.
 * @param what such as `worker option`
 */
export function checkEach(what: string, given: object, checks: Readonly<Record<string, OptionCheck>>): void {
  checkObject(what, given);
  for (const option in given) {
    const value = (given as Record<string, unknown>)[option];
    if (value === undefined) {
      continue;
    }
    if (!Object.hasOwn(checks, option)) {
      refuseUnknown(what, { [option]: value }, Object.keys(checks));
    }
    (checks[option] as OptionCheck)(option, value);
  }
}

/** Throws an `InvalidOptionError` for what is no object that could hold options. */
function checkObject(what: string, given: unknown): asserts given is object {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const place = what.endsWith('.') ? what.slice(0, -1) : `${what}s`;
    throw new InvalidOptionError(place, withoutContent(given), 'Use an object.');
  }
}

/**
 * Throws an `InvalidOptionError` for the first name of `given` that is not known, with the nearest one that is, and where it is no
 * object. What an unknown name holds may be a password, so that texts and objects are not shown.
 * @param what such as `worker option`; names of parts follow a dot: `limiter.`
 */
export function refuseUnknown(what: string, given: unknown, known: readonly string[]): void {
  checkObject(what, given);
  const [name] = unknownNames(given, known);
  if (name !== undefined) {
    const place = what.endsWith('.') ? `${what}${name}` : `${what} ${name}`;
    const value = (given as Record<string, unknown>)[name];
    const leftOut = Object.hasOwn(LEFT_OUT, name) ? LEFT_OUT[name] : undefined;
    throw new InvalidOptionError(
      place,
      withoutContent(value),
      leftOut ?? `${didYouMean(name, known)}Known options: ${known.join(', ')}.`,
    );
  }
}

function withoutContent(value: unknown): unknown {
  if (typeof value === 'string') return '…';
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? [] : {};
}

/** `Did you mean concurrency? `, or nothing where no name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `Did you mean ${nearest}? `;
}

/** The known name that takes the fewest edits, undefined when more than a third of a name would have to change. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let fewest = Math.floor(wanted.length / 3) + 1;
  for (const candidate of known) {
    const edits = editsBetween(wanted, candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Levenshtein's distance, in which two neighbours that changed places are one edit. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  let above: number[] = [];
  for (let i = 1; i <= a.length; i += 1) {
    const twoAbove = above;
    above = row;
    row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (twoAbove[j - 2] as number) + 1
          : Infinity;
      row.push(Math.min(replaced, swapped, (above[j] as number) + 1, (row[j - 1] as number) + 1));
    }
  }
  return row.at(-1) as number;
}
