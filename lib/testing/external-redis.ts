import { askRedis } from './ask-redis.js';
import type { EmbeddedRedis } from './embedded-redis.js';
import { RedisStartError } from './redis-start-error.js';

/** A server that someone else runs: we see that it replies and otherwise leave it alone. */
export async function startExternalRedis(url: string): Promise<EmbeddedRedis> {
  const { protocol, hostname, port } = parseUrl(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const redis = { url, host, port: Number(port || 6379), stop: async () => {} };
  // A TLS server speaks only to a client that knows its certificates: the real client will say what is wrong.
  if (protocol === 'redis:') {
    await askRedis(redis.host, redis.port, 'PING').catch((error: Error) => {
      throw new RedisStartError(
        `REDIS_URL names ${redis.host}:${redis.port}, where no Redis answers (${error.message}).`,
      );
    });
  }
  return redis;
}

function parseUrl(url: string): URL {
  // The text stays out of the message: it may hold a password.
  if (!URL.canParse(url))
    throw new RedisStartError('REDIS_URL is not an address like redis://127.0.0.1:6379.');
  const parsed = new URL(url);
  if (parsed.protocol === 'redis:' || parsed.protocol === 'rediss:') return parsed;
  throw new RedisStartError(`REDIS_URL begins with ${parsed.protocol} where redis: or rediss: is expected.`);
}
