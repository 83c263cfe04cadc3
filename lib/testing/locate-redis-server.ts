import { delimiter } from 'node:path';
import { findProgram } from './find-program.js';
import { installRedisServer } from './install-redis-server.js';
import { installAdvice } from './package-manager.js';
import { RedisNotFoundError } from './redis-not-found-error.js';

const SERVERS = ['redis-server', 'valkey-server'];

// A fresh installation may land in a folder that this process's PATH leaves out.
const INSTALL_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * The path of a Redis or Valkey server program: from the PATH, else installed when `install` allows it.
 *
 * @throws {RedisNotFoundError} when there is none and none could be installed
 */
export async function locateRedisServer(install: boolean, report: (line: string) => void): Promise<string> {
  const found = findProgram(SERVERS);
  if (found !== undefined) return found;

  let reason = '';
  if (install) {
    reason = await installRedisServer(report);
    const path = [process.env['PATH'] ?? '', ...INSTALL_FOLDERS].join(delimiter);
    const installed = reason === '' ? findProgram(SERVERS, path) : undefined;
    if (installed !== undefined) return installed;
  }
  const why = reason === '' ? '' : `, and ${reason}`;
  throw new RedisNotFoundError(`No redis-server or valkey-server on the PATH${why}: ${installAdvice()}.`);
}
