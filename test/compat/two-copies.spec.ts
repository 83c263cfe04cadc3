import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { testRedisUrl } from '../support/redis.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./two-copies.mjs', import.meta.url));
const dist = new URL('../../dist', import.meta.url).href;

describe('the package as ES modules and as CommonJS', () => {
  it('has the same names, brands and metadata in both', async () => {
    const { stdout } = await run(process.execPath, [program, dist, testRedisUrl()], { timeout: 110_000 });
    expect(JSON.parse(stdout)).toEqual({
      names: {
        ...{ index: true, engine: true, 'testing/index': true },
        ...{ 'compat/bullmq/index': true, 'compat/nestjs-bullmq/index': true },
      },
      differ: [true, true],
      errors: [true, true, false, true, false, false],
      outcomes: [true, true, false],
      tokens: [true, true],
      result: 'bought',
      handled: [['ada', 'book'], 'welcome'],
    });
  }, 120_000);
});
