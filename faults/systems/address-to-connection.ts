import { Cluster, type RedisOptions } from 'ioredis';
import type { Address } from './system.js';

/** Connection options as both libraries take them; a cluster is a client. */
export function toConnection(address: Address, options: RedisOptions = {}): RedisOptions | Cluster {
  switch (address.kind) {
    case 'single': {
      const { kind: _kind, ...server } = address;
      return { ...server, ...options };
    }
    case 'sentinels':
      return { sentinels: address.sentinels, name: address.name, ...options };
    case 'cluster': {
      const cluster = new Cluster(address.nodes, {
        redisOptions: { maxRetriesPerRequest: options.maxRetriesPerRequest ?? null },
        ...(options.enableOfflineQueue === undefined
          ? {}
          : { enableOfflineQueue: options.enableOfflineQueue }),
      });
      cluster.on('error', () => {});
      return cluster;
    }
  }
}
