import type { Redis } from 'ioredis';

/** Names that servers before Redis 7 know too, and sizes that no hash of a simulation has. */
const LISTED = { 'hash-max-ziplist-entries': '1000000', 'hash-max-ziplist-value': '100000000' };

/**
 * Runs `action` while the server keeps hashes as lists, in the order in which their fields came. A larger one has its fields in an
 * order of chance otherwise, another one on each server, and a run of a seed would not be the same twice.
 */
export async function withOrderedHashes<T>(redis: Redis, action: () => Promise<T>): Promise<T> {
  const before: [string, string][] = [];
  for (const [name, value] of Object.entries(LISTED)) {
    const [, known] = (await redis.config('GET', name)) as [string, string];
    before.push([name, known]);
    await redis.config('SET', name, value);
  }
  try {
    return await action();
  } finally {
    for (const [name, value] of before) await redis.config('SET', name, value);
  }
}
