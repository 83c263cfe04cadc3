import { checkInteger } from '../job/check.js';

/** Where nothing else is said. */
export const BACKLOG = 10_000;

/** What those who add jobs take besides. */
export interface BacklogOptions {
  /**
   * Adds to a queue that may wait here while Redis does not reply; further ones reject at once with `BacklogFullError`.
   * `Infinity`: all wait, no longer than `callTimeout`. Default 10,000.
   */
  backlog?: number;
}

/** Throws unless `value` can be a `backlog`. */
export function checkBacklog(option: string, value: unknown): void {
  if (value !== Infinity) {
    checkInteger(option, value, 0);
  }
}
