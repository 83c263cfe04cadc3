import { RedisPolicyError, RedisVersionError } from '../job/errors.js';
import type { RedisClient } from './client.js';
import { toStepwellError } from './redis-failure.js';

const MINIMUM = '6.2.0';

/** Throws when the server is too old. Returns a sentence to say once when its settings endanger jobs. */
export async function checkServer(client: RedisClient): Promise<string | undefined> {
  const info = await readInfo(client);
  if (info === undefined) {
    return `The user of this Redis may not call INFO: whether it is ${MINIMUM} or newer is not known.`;
  }
  const version = /^(?:redis_version):(\S+)/m.exec(info)?.[1];
  if (version && isOlder(version, MINIMUM)) {
    throw new RedisVersionError(version, MINIMUM);
  }
  const policy = evictingPolicy(info);
  return policy === undefined ? undefined : new RedisPolicyError(policy).message;
}

/** Throws a `RedisPolicyError` where jobs may be evicted; a user that may not ask is taken at its word. */
export async function demandKeeping(client: RedisClient): Promise<void> {
  const policy = evictingPolicy((await readInfo(client)) ?? '');
  if (policy !== undefined) {
    throw new RedisPolicyError(policy);
  }
}

/**
 * Rejects unless Redis takes writes: a replica, a full memory or a disk that fails refuses it. Nothing is written, as it is for a
 * key that is there, and this one never is.
 */
export async function probeWrite(client: RedisClient, base: string): Promise<void> {
  try {
    await client.set(`${base}probe`, '', 'PX', 1, 'XX');
  } catch (error) {
    throw toStepwellError(error, client);
  }
}

function evictingPolicy(info: string): string | undefined {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  return policy === 'noeviction' ? undefined : policy;
}

async function readInfo(client: RedisClient): Promise<string | undefined> {
  try {
    return String(await client.info());
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) {
      return undefined;
    }
    throw error;
  }
}

function isOlder(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const i of [0, 1, 2]) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
