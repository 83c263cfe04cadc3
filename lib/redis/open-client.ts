import { Redis } from 'ioredis';
import { InvalidOptionError } from '../job/errors.js';
import { isClient, isCluster, type RedisClient } from './client.js';
import { PLAIN_REPLIES } from './plain-replies.js';

/** A client of one server. */
export type ServerClient = Redis;

/** A client of its own at an address, or where another client is, all of whose keys begin with `keyPrefix`. */
export function openClient(at: string | RedisClient, keyPrefix: string): ServerClient {
  const options = { ...PLAIN_REPLIES, keyPrefix, lazyConnect: false, maxRetriesPerRequest: 5 };
  if (typeof at === 'string') {
    return new Redis(at, options);
  }
  if (!isClient(at) || isCluster(at)) {
    throw new InvalidOptionError('redis', undefined, 'Use a URL, or an ioredis client of one server.');
  }
  return at.duplicate(options);
}
