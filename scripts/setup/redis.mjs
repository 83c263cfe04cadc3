import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot } from './paths.mjs';

/** Starts the Redis that tests and the sample app use, by the library's own `stepwell/testing`. */
export async function startRedis() {
  const entry = inRoot('dist', 'testing', 'start-redis.js');
  if (!existsSync(entry)) throw new Error('lib/testing did not build');
  const testing = await import(pathToFileURL(entry).href);
  return testing.startRedis({ install: true });
}
