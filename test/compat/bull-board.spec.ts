import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

const run = promisify(execFile);
const app = fileURLToPath(new URL('./bull-board/app.mjs', import.meta.url));
const built = new URL('../../dist/compat/nestjs-bullmq/index.js', import.meta.url).href;

async function board(entry: string, prefix: string, name: string): Promise<any> {
  const args = [app, entry, testRedisUrl(), prefix, name];
  const { stdout } = await run(process.execPath, args, { timeout: 120_000 });
  return JSON.parse(stdout);
}

describe('@bull-board/nestjs', () => {
  it('shows and changes our queues as those of @nestjs/bullmq', async () => {
    const name = randomQueueName();
    const theirs = await board('@nestjs/bullmq', 'board-theirs', name);
    const ours = await board(built, 'board-ours', name);
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ paused: true, logs: ['sends good'], done: { promote: 204, retry: 204 } });
  }, 250_000);
});
