import { once } from 'node:events';
import { createServer } from 'node:net';

const TRIES = 50;

/** The first port from `first` on that nobody listens on. */
export async function findFreePort(first: number, host: string): Promise<number> {
  for (let port = first; port < first + TRIES; port += 1) {
    if (await isFree(port, host)) return port;
  }
  throw new Error(`No free port from ${first} to ${first + TRIES - 1}`);
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}
