import type { EmbeddedRedis, LocalRedis } from './embedded-redis.js';
import { startExternalRedis } from './external-redis.js';
import { LocalRedisServer } from './local-redis-server.js';
import { locateRedisServer } from './locate-redis-server.js';
import type { StartRedisOptions } from './redis-options.js';

/**
 * Gives a running Redis: the one that the environment variable `REDIS_URL` names, else a server of its own on a free
 * port of 127.0.0.1, without persistence, in a temporary folder. The program is `redis-server` or `valkey-server`
 * from the PATH; with `install`, one that the system's package manager installs where that needs no password.
 *
 * A server of its own ends with this process, however the process ends.
 *
 * @throws {RedisNotFoundError} when there is no server program and none could be installed; the message says what to type
 * @throws {RedisStartError} when the server does not reply in time
 *
 * @example
 * const redis = await startRedis();
 * const queue = new Queue('orders', { connection: { host: redis.host, port: redis.port } });
 * // …
 * await queue.close();
 * await redis.stop();
 */
export async function startRedis(options: StartRedisOptions & { external: false }): Promise<LocalRedis>;
export async function startRedis(options?: StartRedisOptions): Promise<EmbeddedRedis>;
export async function startRedis(options: StartRedisOptions = {}): Promise<EmbeddedRedis> {
  const url = process.env['REDIS_URL'];
  if (url !== undefined && url !== '' && options.external !== false) return startExternalRedis(url);

  const report = options.report ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const command = await locateRedisServer(options.install ?? false, report);
  return LocalRedisServer.start(command, options);
}
