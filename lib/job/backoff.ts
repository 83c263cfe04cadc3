import { systemRuntime } from '../runtime/system-runtime.js';
import { InvalidOptionError } from './errors.js';
import type { BackoffOptions } from './job-options.js';
import { didYouMean } from './known-names.js';

/** Keeps the row finite, also for a first pause of 0. */
const LARGEST_FACTOR = 2 ** 52;

/**
 * Names the pause before the next try, in milliseconds; -1 gives up.
 * @param attemptsMade tries ended so far, the failed one included
 */
export type BackoffStrategy<J = unknown> = (
  attemptsMade: number,
  type?: string,
  error?: Error,
  job?: J,
) => number | Promise<number>;

/** Milliseconds until the next try; 0 for at once, -1 to give up. */
export async function backoffDelay<J>(
  backoff: number | BackoffOptions | undefined,
  attemptsMade: number,
  error: Error,
  job: J,
  strategy?: BackoffStrategy<J>,
  random = systemRuntime.random,
): Promise<number> {
  if (backoff === undefined) {
    return 0;
  }
  const options: BackoffOptions = typeof backoff === 'number' ? { type: 'fixed', delay: backoff } : backoff;
  const { type, delay = 0, jitter = 0 } = options;
  if (type === 'fixed') {
    return withJitter(delay, jitter, random);
  }
  if (type === 'exponential') {
    return withJitter(Math.min(2 ** (attemptsMade - 1), LARGEST_FACTOR) * delay, jitter, random);
  }
  if (!strategy) {
    throw new InvalidOptionError(
      'backoff.type',
      type,
      `${didYouMean(type, ['fixed', 'exponential'])}Use fixed or exponential, or give the worker settings.backoffStrategy.`,
    );
  }
  return strategy(attemptsMade, type, error, job);
}

function withJitter(delay: number, jitter: number, random: () => number): number {
  return jitter > 0 ? Math.floor(random() * delay * jitter + delay * (1 - jitter)) : delay;
}
