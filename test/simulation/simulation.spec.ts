import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { describeRun, simulate } from './simulation.js';

const client = connectTestRedis();
afterAll(() => client.quit());

describe('simulation', () => {
  it.each([1, 2, 3, 4, 5])('seed %i', async (seed) => {
    const t = Date.now();
    const result = await simulate(client, { seed, steps: 2000 });
    console.log(Date.now() - t, [...result.seen].map(String).sort().join(' '));
    expect(result.violation && describeRun(result)).toBeUndefined();
  }, 60_000);
});
