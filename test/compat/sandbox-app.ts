import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testRedisUrl } from '../support/redis.js';

const run = promisify(execFile);
const app = fileURLToPath(new URL('./sandbox/app.mjs', import.meta.url));

/** The built library, by its address. */
export const built = new URL('../../dist/compat/bullmq/index.js', import.meta.url).href;

export const builtEngine = new URL('../../dist/engine.js', import.meta.url).href;

/** What the program says on one of both packages. It is one of its own, as jest's modules cannot be loaded by its children. */
export async function sandboxApp(
  entry: string,
  prefix: string,
  name: string,
  kind: string,
): Promise<unknown> {
  const args = [app, entry, testRedisUrl(), prefix, name, kind];
  const { stdout } = await run(process.execPath, args, { timeout: 140_000 });
  return JSON.parse(stdout);
}
