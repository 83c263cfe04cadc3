import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

export const SERVERS = resolve('.stepwell', 'servers');

/** Where programs are looked for from now on. */
export function usePath(path: string): void {
  process.env['PATH'] = path;
}

/** Has all servers of this process be of the program that `servers/fetch.sh` has put there. */
export function useServer(name: string): void {
  const folder = join(SERVERS, name, 'bin');
  if (!existsSync(join(folder, 'redis-server'))) {
    throw new Error(`There is no ${folder}: faults/servers/fetch.sh valkey-server/forky brings one.`);
  }
  usePath(`${folder}${delimiter}${process.env['PATH'] ?? ''}`);
}
