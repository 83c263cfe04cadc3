import { createHash } from 'node:crypto';
import { checkBoolean, checkNumber } from './check.js';
import type { Codec } from './codec.js';
import { InvalidOptionError } from './errors.js';
import type { DeduplicationOptions } from './job-options.js';
import { encodeJson } from './json.js';

/** Names what makes two jobs the same: from their data and name, or `hash` for a SHA-256 of both. */
export type DedupId<D> = ((data: D, name: string) => string) | 'hash';

/**
 * How the jobs of a queue are deduplicated when they do not say so themselves.
 *
 * - `simple` (the default): while one is unfinished, further ones are dropped.
 * - `throttle`: for `ttl` milliseconds after one was added, further ones are dropped.
 * - `debounce`: a job waits for `delay` (default: `ttl`); a further one within `ttl` takes its place and starts both anew.
 * - `keep-last`: while one is unfinished, the newest of the further ones is kept and runs after it.
 *
 * Instead of a mode, the parts of the job option `deduplication` may be given.
 */
export type DedupPolicy<D = any> =
  | { id: DedupId<D>; mode?: 'simple' | 'keep-last' }
  | { id: DedupId<D>; mode: 'throttle'; ttl: number }
  | { id: DedupId<D>; mode: 'debounce'; ttl: number; delay?: number }
  | ({ id: DedupId<D>; mode?: never } & Omit<DeduplicationOptions, 'id'>);

const PARTS: Record<string, readonly string[]> = {
  simple: [],
  'keep-last': [],
  throttle: ['ttl'],
  debounce: ['ttl', 'delay'],
  raw: ['ttl', 'extend', 'replace', 'keepLastIfActive'],
};

/** Throws an `InvalidOptionError` for a policy that contradicts itself. `where` names what carries it. */
export function checkDedupPolicy(where: string, policy: DedupPolicy): void {
  const { id, mode, ...parts } = (policy ?? {}) as { id?: unknown; mode?: string } & Record<string, unknown>;
  if (typeof id !== 'function' && id !== 'hash') {
    throw new InvalidOptionError(`${where} id`, id, "Use a function of the job's data, or 'hash'.");
  }
  const known = Object.hasOwn(PARTS, mode ?? 'raw') ? PARTS[mode ?? 'raw'] : undefined;
  if (!known) {
    throw new InvalidOptionError(`${where} mode`, mode, 'Use simple, throttle, debounce or keep-last.');
  }
  for (const [part, value] of Object.entries(parts)) {
    if (value !== undefined && !known.includes(part)) {
      throw new InvalidOptionError(
        `${where} ${part}`,
        value,
        `It has no meaning here; ${mode ?? 'this policy'} takes ${known.join(', ') || 'no further parts'}.`,
      );
    }
  }
  if ((mode === 'throttle' || mode === 'debounce') && parts.ttl === undefined) {
    throw new InvalidOptionError(`${where} ttl`, undefined, `${mode} needs its milliseconds.`);
  }
  for (const part of ['ttl', 'delay']) {
    if (parts[part] !== undefined) checkNumber(`${where} ${part}`, parts[part], 1);
  }
  for (const part of ['extend', 'replace', 'keepLastIfActive']) {
    if (parts[part] !== undefined) checkBoolean(`${where} ${part}`, parts[part]);
  }
}

/** The options that follow from a policy for one job. */
export function applyDedupPolicy<D>(
  policy: DedupPolicy<D>,
  name: string,
  data: D,
  codec?: Codec,
): { deduplication: DeduplicationOptions; delay?: number } {
  const id = policy.id === 'hash' ? hashOf(name, data, codec) : policy.id(data, name);
  switch (policy.mode) {
    case 'simple':
      return { deduplication: { id } };
    case 'keep-last':
      return { deduplication: { id, keepLastIfActive: true } };
    case 'throttle':
      return { deduplication: { id, ttl: policy.ttl } };
    case 'debounce':
      return {
        deduplication: { id, ttl: policy.ttl, extend: true, replace: true },
        delay: policy.delay ?? policy.ttl,
      };
    default: {
      const {
        id: _id,
        mode: _mode,
        ...parts
      } = policy as Omit<DeduplicationOptions, 'id'> & Record<string, unknown>;
      return { deduplication: { ...parts, id } };
    }
  }
}

/** Equal data gives an equal hash, whatever the order of its keys. */
function hashOf(name: string, data: unknown, codec?: Codec): string {
  const canonical = JSON.stringify(
    [name, JSON.parse(encodeJson('Job data', data, '{}', codec))],
    (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  );
  return createHash('sha256').update(canonical).digest('hex');
}
