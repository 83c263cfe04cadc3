import type { RedisClient } from '../../lib/redis/client.js';
import { recordFields } from './read-queue-keys.js';

/** All that a job's key holds, whether its record is a text or a hash. */
export async function readFields(client: RedisClient, key: string): Promise<Record<string, string>> {
  const text = await client.get(key).catch(() => undefined);
  if (text === undefined) return client.hgetall(key);
  const flat = recordFields(text ?? '') ?? [];
  return Object.fromEntries(
    Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]),
  );
}

/** Makes a record that is a text a hash, so that commands for hashes can change it. */
export async function asHash(client: RedisClient, key: string): Promise<void> {
  if ((await client.type(key)) !== 'string') return;
  const fields = await readFields(client, key);
  if (Object.keys(fields).length > 0) await client.multi().del(key).hset(key, fields).exec();
}

/** Sets fields of a job by hand. */
export async function setFields(
  client: RedisClient,
  key: string,
  fields: Record<string, string | number>,
): Promise<void> {
  await asHash(client, key);
  await client.hset(key, fields);
}
