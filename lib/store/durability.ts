import { checkInteger } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { refuseUnknown } from '../job/known-names.js';

/** What those who add jobs take besides. */
export interface DurabilityOptions {
  /**
   * An add resolves only when so many replicas of Redis have it, and rejects with `NotReplicatedError` where they do not within
   * `timeoutMs`. It costs one `WAIT` a call, which holds up the connection meanwhile: give such a queue one of its own, by
   * a `connectionName`. What a failover loses becomes less, not nothing. Not on a cluster. Default: not waited for.
   *
   * @example
   * new Queue('orders', { connection: { connectionName: 'durable' }, durability: { replicas: 1, timeoutMs: 500 } });
   */
  durability?: Durability;
}

export interface Durability {
  /** How many replicas, at least 1. */
  replicas: number;
  /** How long they may take, in milliseconds, at least 1. */
  timeoutMs: number;
}

/** Throws unless `value` can be a `durability`. */
export function checkDurability(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object, such as { replicas: 1, timeoutMs: 500 }.');
  }
  refuseUnknown(`${option}.`, value, ['replicas', 'timeoutMs']);
  const { replicas, timeoutMs } = value as Partial<Durability>;
  checkInteger(`${option}.replicas`, replicas, 1);
  // WAIT takes 0 for "without end".
  checkInteger(`${option}.timeoutMs`, timeoutMs, 1);
}
