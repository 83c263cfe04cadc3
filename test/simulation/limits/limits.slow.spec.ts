import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../../support/redis.js';
import { LIMIT_MUTANTS } from './limit-mutants.js';
import { simulateLimits } from './simulate-limits.js';

const client = connectTestRedis();
const TIMEOUT_MS = 60_000;
const STEPS = 120;
/** One of each kind; `npm run mutants` tries all. */
const QUICK = [
  'an end gives no place back',
  'who is parked goes after who waits',
  'a cancelled run may complete',
];

afterAll(() => client.quit());

describe('limits, in more worlds', () => {
  it.each([3, 4, 5, 6])(
    'keep what they promise (seed %i)',
    async (seed) => {
      expect((await simulateLimits(client, { seed, steps: STEPS })).violation).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it.each(QUICK)(
    'notices when %s',
    async (name) => {
      const { patches } = LIMIT_MUTANTS.find((mutant) => mutant.name === name)!;
      const violations: (string | undefined)[] = [];
      for (let seed = 1; seed <= 6 && !violations.at(-1); seed += 1) {
        violations.push((await simulateLimits(client, { seed, steps: STEPS, patches })).violation);
      }
      expect(violations.at(-1)).toBeDefined();
    },
    TIMEOUT_MS,
  );
});
