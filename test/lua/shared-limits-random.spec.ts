import { afterAll, describe, expect, it } from '@jest/globals';
import * as generated from '../../lib/redis/scripts.generated.js';
import { Random } from '../simulation/random.js';
import { randomPrefix } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { SharedWorld } from '../support/shared-world.js';

const client = connectTestRedis();

afterAll(async () => {
  await client.quit();
});

describe('a limit that queues share, whatever happens to calls and processes', () => {
  it.each([
    [1, { concurrency: 3, max: 0, durationMs: 0 }],
    [2, { concurrency: 3, max: 0, durationMs: 0 }],
    [3, { concurrency: 1, max: 0, durationMs: 0 }],
    [4, { concurrency: 1, max: 0, durationMs: 0 }],
    [5, { concurrency: 0, max: 4, durationMs: 1500 }],
    [6, { concurrency: 5, max: 3, durationMs: 700 }],
    [7, { concurrency: 2, max: 9, durationMs: 2500 }],
    [8, { concurrency: 0, max: 1, durationMs: 500 }],
    [9, { concurrency: 0, max: 2, durationMs: 300 }],
  ])(
    'holds, and lets all jobs start (seed %d, %j)',
    async (seed, numbers) => {
      const world = new SharedWorld(client, randomPrefix(), new Random(seed), numbers, generated);
      await world.live();
      expect(world.completed).toBeGreaterThan(8);
      await world.clear();
    },
    60_000,
  );
});
