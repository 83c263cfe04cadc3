import { Redis } from 'ioredis';

// The bench's own connection to Redis: it only empties the server and reads its counters.
export function openRedisProbe(connection) {
  const redis = new Redis({ ...connection, maxRetriesPerRequest: 1 });
  return {
    // Scripts go too, else the first peer to load them would pay for the memory of all.
    async flush() {
      await redis.flushall('SYNC');
      await redis.script('FLUSH', 'SYNC');
    },
    async cpuUs() {
      const info = await redis.info('cpu');
      return (number(info, 'used_cpu_user') + number(info, 'used_cpu_sys')) * 1e6;
    },
    usedMemory: async () => number(await redis.info('memory'), 'used_memory'),
    connectionCount: async () => number(await redis.info('clients'), 'connected_clients'),
    keyCount: () => redis.dbsize(),
    version: async () =>
      /^(redis_version|valkey_version):(\S+)/m.exec(await redis.info('server'))?.[2] ?? 'unknown',
    close: () => redis.quit(),
  };
}

function number(info, field) {
  const match = new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info);
  if (!match) throw new Error(`Redis INFO has no field ${field}`);
  return Number(match[1]);
}
