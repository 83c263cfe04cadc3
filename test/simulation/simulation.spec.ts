import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { MUTANTS, SHORT_MUTANTS } from './mutants.js';
import { RARE_SIGHTS, SIGHTS } from './sights.js';
import { simulatedScripts } from './simulated-scripts.js';
import { describeRun, simulate } from './simulation.js';

const client = connectTestRedis();
const TIMEOUT_MS = 60_000;
/** More of them, of more seeds, are made in the slow tier and by `npm run simulate`. */
const STEPS = 900;

afterAll(() => client.quit());

describe('simulation', () => {
  const seen = new Set<string>();

  it.each([5, 6, 9])(
    'keeps every promise for seed %i',
    async (seed) => {
      const result = await simulate(client, { seed, steps: STEPS });

      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation === undefined ? '' : describeRun(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it('came across what it is there for', () => {
    const rare = new Set(RARE_SIGHTS);
    expect(SIGHTS.filter((sight) => !rare.has(sight) && !seen.has(sight))).toEqual([]);
  });

  it(
    'makes the same run of the same seed',
    async () => {
      const { trace } = await simulate(client, { seed: 6, steps: 150 });

      expect((await simulate(client, { seed: 6, steps: 150 })).trace).toBe(trace);
      expect((await simulate(client, { seed: 7, steps: 50 })).trace).not.toBe(trace);
    },
    TIMEOUT_MS,
  );

  it('finds in the scripts what each mutant takes out', () => {
    expect(MUTANTS.length).toBeGreaterThan(80);
    expect(SHORT_MUTANTS.filter((name) => !MUTANTS.some((mutant) => mutant.name === name))).toEqual([]);
    expect(() => MUTANTS.map(({ patches }) => simulatedScripts(patches))).not.toThrow();
  });
});
