import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** What commands are sent on: one server or a cluster. */
export type RedisClient = Redis | Cluster;

/** A client of ioredis 5 or 6, of whatever copy of it: its types are not those of another copy. */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  duplicate(...args: any[]): unknown;
  pipeline(...args: any[]): unknown;
  evalsha(...args: any[]): Promise<unknown>;
}

/** Options of ioredis 5 or 6, or a URL among them. */
export type IoredisOptions = Omit<RedisOptions, 'Connector'> & { Connector?: any; url?: string };

/** Where Redis is: a URL, ioredis options, or a client of yours, which is then never closed by Stepwell. */
export type ConnectionOptions = string | IoredisOptions | IoredisClient;

/** Whether it is a client of another package, `redis`, whose calls are other ones. */
export function isNodeRedis(connection: object): boolean {
  return 'isOpen' in connection && 'isReady' in connection && 'sendCommand' in connection;
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster;
}

export function isClient(connection: ConnectionOptions | RedisClient): connection is RedisClient {
  return (
    typeof connection === 'object' && 'duplicate' in connection && typeof connection.duplicate === 'function'
  );
}
