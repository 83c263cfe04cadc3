import type { RedisClient } from './client.js';
import { toStepwellError } from './redis-failure.js';

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
