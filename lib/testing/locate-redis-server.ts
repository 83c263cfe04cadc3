import { locateProgram } from './locate-program.js';
import { installAdvice } from './package-manager.js';
import { RedisNotFoundError } from './redis-not-found-error.js';
import type { SystemProgram } from './system-program.js';

const REDIS_SERVER: SystemProgram = {
  what: 'Redis server',
  names: ['redis-server', 'valkey-server'],
  packages: {
    'apt-get': ['redis-server', 'valkey-server'],
    apk: ['redis', 'valkey'],
    dnf: ['redis', 'valkey'],
    brew: ['redis'],
  },
};

/**
 * The path of a Redis or Valkey server program: from the PATH, else installed when `install` allows it.
 *
 * @throws {RedisNotFoundError} when there is none and none could be installed
 */
export async function locateRedisServer(install: boolean, report: (line: string) => void): Promise<string> {
  const located = await locateProgram(REDIS_SERVER, install, report);
  if (located.path !== undefined) return located.path;
  const why = located.reason === '' ? '' : `, and ${located.reason}`;
  const advice =
    installAdvice(REDIS_SERVER) ?? "install Redis 6.2 or newer (or Valkey) with your system's packages";
  throw new RedisNotFoundError(
    `No redis-server or valkey-server on the PATH${why}: ${advice}, or set REDIS_URL to the address of a server you have.`,
  );
}
