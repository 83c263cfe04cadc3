import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Has all servers of this process be of the program that `servers/fetch.sh` has put there. */
export function useServer(name: string): void {
  const folder = resolve('.stepwell', 'servers', name, 'bin');
  if (!existsSync(join(folder, 'redis-server'))) {
    throw new Error(`There is no ${folder}: faults/servers/fetch.sh valkey-server/forky brings one.`);
  }
  process.env['PATH'] = `${folder}${delimiter}${process.env['PATH'] ?? ''}`;
}
