import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { SIGHTS } from './sights.js';
import { describeRun, simulate } from './simulation.js';

const client = connectTestRedis();
const TIMEOUT_MS = 120_000;
const STEPS = 1800;

afterAll(() => client.quit());

describe('longer simulations', () => {
  const seen = new Set<string>();

  it.each([1, 2, 3, 4, 5])(
    'keep every promise for seed %i',
    async (seed) => {
      const result = await simulate(client, { seed, steps: STEPS });

      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation === undefined ? '' : describeRun(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it('came across what they are there for', () => {
    expect(SIGHTS.filter((sight) => !seen.has(sight))).toEqual([]);
  });
});
