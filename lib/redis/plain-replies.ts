import type { RedisOptions } from 'ioredis';
import { isCluster, type RedisClient } from './client.js';

/** Options of a client that decide what replies look like, as Stepwell reads them: numbers as numbers, maps as lists. */
export const PLAIN_REPLIES = {
  stringNumbers: false,
  replyMapping: 'legacy',
} as const satisfies RedisOptions;

/** Whether a client's replies look as Stepwell reads them. */
export function hasPlainReplies(client: RedisClient): boolean {
  const { stringNumbers, replyMapping } = optionsOf(client);
  return stringNumbers !== true && replyMapping !== 'resp3';
}

/** A client with the same options, apart from those that change what replies look like. */
export function withPlainReplies(client: RedisClient): RedisClient {
  return isCluster(client)
    ? client.duplicate([], { redisOptions: PLAIN_REPLIES, lazyConnect: false })
    : client.duplicate({ ...PLAIN_REPLIES, lazyConnect: false });
}

function optionsOf(client: RedisClient): RedisOptions {
  return isCluster(client) ? (client.options.redisOptions ?? {}) : client.options;
}
