import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** What commands are sent on: one server or a cluster. */
export type RedisClient = Redis | Cluster;

/** Where Redis is: a URL, ioredis options, or a client of yours, which is then never closed by Stepwell. */
export type ConnectionOptions = string | (RedisOptions & { url?: string }) | RedisClient;

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

export function isClient(connection: ConnectionOptions): connection is RedisClient {
  return (
    typeof connection === 'object' && 'duplicate' in connection && typeof connection.duplicate === 'function'
  );
}
