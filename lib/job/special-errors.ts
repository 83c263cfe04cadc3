import { branded } from './branded.js';

/** Throw it in a processor to fail the job for good, whatever attempts are left. */
export class UnrecoverableError extends Error {
  constructor(message = 'The job cannot be recovered.') {
    super(message);
    this.name = 'UnrecoverableError';
  }
}

/** Throw it after `job.moveToDelayed`: the job has been moved and goes on when it is due. */
export class DelayedError extends Error {
  constructor(message = 'The job was moved to delayed.') {
    super(message);
    this.name = 'DelayedError';
  }
}

/** Throw it after `job.moveToWait`, or alone: the job waits again and goes on when a worker is free. */
export class WaitingError extends Error {
  constructor(message = 'The job waits again.') {
    super(message);
    this.name = 'WaitingError';
  }
}

/** Throw it after `job.moveToWaitingChildren` returned true. */
export class WaitingChildrenError extends Error {
  constructor(message = 'The job waits for its children.') {
    super(message);
    this.name = 'WaitingChildrenError';
  }
}

/** Throw it after `queue.rateLimit` or `worker.rateLimit`: the job waits in front until the limit ends. */
export class RateLimitError extends Error {
  constructor(message = RATE_LIMIT_MESSAGE) {
    super(message);
    this.name = 'RateLimitError';
  }
}

for (const type of [UnrecoverableError, DelayedError, WaitingError, WaitingChildrenError, RateLimitError]) {
  branded(type, type.name);
}

const RATE_LIMIT_MESSAGE = 'bullmq:rateLimitExceeded';

/** What a thrown value asks for, by class or by name, so that errors from another copy of the package count too. */
export type SpecialErrorKind = 'unrecoverable' | 'delayed' | 'waiting' | 'waiting-children' | 'rate-limit';

/** The name of a class goes for the class, and so that one of another copy of the package counts too. */
const KINDS = new Map<string, SpecialErrorKind>([
  ['UnrecoverableError', 'unrecoverable'],
  ['DelayedError', 'delayed'],
  ['WaitingError', 'waiting'],
  ['WaitingChildrenError', 'waiting-children'],
  ['RateLimitError', 'rate-limit'],
]);

/** Never throws: a processor may throw anything, also what cannot be read. */
export function specialErrorKind(error: unknown): SpecialErrorKind | undefined {
  try {
    if (!(error instanceof Error)) {
      return undefined;
    }
    if (error.message === RATE_LIMIT_MESSAGE) {
      return 'rate-limit';
    }
    return KINDS.get(error.name) ?? kindByClass(error);
  } catch {
    return undefined;
  }
}

/** Of a subclass that has a name of its own. */
function kindByClass(error: Error): SpecialErrorKind | undefined {
  let prototype = Object.getPrototypeOf(error) as object | null;
  while (prototype && prototype !== Error.prototype) {
    const kind = KINDS.get(nameOfClass(prototype));
    if (kind !== undefined) {
      return kind;
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return undefined;
}

function nameOfClass(prototype: object): string {
  const { constructor } = prototype as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' ? constructor.name : '';
}
