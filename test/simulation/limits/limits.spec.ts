import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../../support/redis.js';
import { lastingScripts } from '../simulated-scripts.js';
import { LIMIT_MUTANTS } from './limit-mutants.js';
import { simulateLimits } from './simulate-limits.js';

const client = connectTestRedis();
const TIMEOUT_MS = 60_000;
const STEPS = 120;
const SIGHTS = [
  'turn',
  'commit repeated',
  'cancelJob cancelled',
  'cancelJob cancelling',
  'removeLimit ok',
  'pauseLimit ok',
];
afterAll(() => client.quit());

describe('limits, whatever happens', () => {
  const seen = new Set<string>();

  it.each([1, 2])(
    'keep what they promise (seed %i)',
    async (seed) => {
      const result = await simulateLimits(client, { seed, steps: STEPS });
      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it('came across what they are there for', () => {
    expect(SIGHTS.filter((sight) => !seen.has(sight))).toEqual([]);
  });

  it('finds in the scripts what each mutant takes out', () => {
    expect(() => LIMIT_MUTANTS.map(({ patches }) => lastingScripts(patches))).not.toThrow();
  });
});
