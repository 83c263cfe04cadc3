import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

const run = promisify(execFile);
const app = fileURLToPath(new URL('./sandbox/app.mjs', import.meta.url));
const built = new URL('../../dist/compat/bullmq/index.js', import.meta.url).href;

/** A program of its own, as jest's modules cannot be loaded by its children. */
async function said(entry: string, prefix: string, name: string, kind: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [app, entry, testRedisUrl(), prefix, name, kind], {
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

describe('processors in files of their own', () => {
  it.each(['processes', 'threads'])(
    'run in %s as with BullMQ',
    async (kind) => {
      const name = randomQueueName();
      const theirs = await said('bullmq', 'sandbox-theirs', name, kind);
      const ours = await said(built, 'sandbox-ours', name, kind);
      expect(ours).toEqual(theirs);
    },
    120_000,
  );
});
