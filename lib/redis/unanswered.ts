import { ConnectionError } from '../job/errors.js';
import { causeOf } from './redis-failure.js';

/**
 * The error of who has waited for a server for so long.
 * @param server such as `Redis at 127.0.0.1:6379`
 * @param failure what went wrong last, where anything is known
 */
export function unanswered(server: string, patienceMs: number, failure?: unknown): ConnectionError {
  const time = patienceMs < 1000 ? `${patienceMs} ms` : `${Math.round(patienceMs / 1000)} s`;
  const text = `${server} cannot be reached: no answer within ${time}`;
  if (failure === undefined) {
    return new ConnectionError(`${text}.`);
  }
  const cause = causeOf(failure);
  return new ConnectionError(`${text}: ${cause.message}`, { cause });
}
