import type { RedisClient } from '../../lib/redis/client.js';
import { QueueKeys } from '../../lib/redis/queue-keys.js';

/** One key as Redis holds it, its name without what all keys of the queue begin with. */
export interface StoredKey {
  name: string;
  type: string;
  /** Milliseconds until it expires, -1 when it stays. */
  ttlMs: number;
  value: unknown;
}

// One script, so that what it reads belongs together even while workers run. Looks through the whole database.
const READ_ALL = `
local read = {
  string = function(key) return redis.call('GET', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  hash = function(key) return redis.call('HGETALL', key) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
}
local found = {}
local keys = redis.call('KEYS', ARGV[1])
table.sort(keys)
for i, key in ipairs(keys) do
  local type = redis.call('TYPE', key).ok
  found[i] = { key, type, redis.call('PTTL', key), read[type](key) }
end
return found`;

/** Every key of a queue by name, known or not, apart from the nudges of readers: those come and go by themselves. */
export async function readQueueKeys(
  client: RedisClient,
  prefix: string,
  queue: string,
): Promise<StoredKey[]> {
  const keys = new QueueKeys(prefix, queue);
  const pattern = `${keys.base.replace(/[[\]*?\\]/g, '\\$&')}*`;
  const found = (await client.eval(READ_ALL, 1, keys.of('meta'), pattern)) as [
    string,
    string,
    number,
    unknown,
  ][];
  return found
    .map(([key, type, ttlMs, value]) => ({ name: key.slice(keys.base.length), type, ttlMs, value }))
    .filter(({ name, ttlMs }) => !(name.startsWith('nudge:') && ttlMs >= 0));
}
