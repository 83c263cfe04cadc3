import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { MUTANTS, SHORT_MUTANTS } from './mutants.js';
import { simulatedScripts } from './simulated-scripts.js';
import { describeRun, simulate } from './simulation.js';

const client = connectTestRedis();
const TIMEOUT_MS = 60_000;
const STEPS = 1800;

/** What a simulation must have come across to be worth anything. */
const SIGHTS = [
  ...['answer ok', 'answer stale', 'answer missing', 'answer not-active', 'answer unknown', 'answer added'],
  ...['answer known', 'answer lost', 'answer came late', 'jobs came late', 'starts were limited'],
  ...['commit repeated', 'commit outdated', 'commit refused', 'addJobs repeated', 'addJobs outdated'],
  ...['addPlain repeated', 'addPlain outdated', 'addPlain refused'],
  ...[
    'addJobs refused',
    'renewLocks refused',
    'cleanJobs repeated',
    'removeJob repeated',
    'retryJob repeated',
  ],
  ...['answer deduplicated', 'removeDedupKey repeated', 'getDedupOwner', 'owner replaced', 'newest kept'],
  ...['kept job added', 'kept job added under a number', 'ttl begun anew', 'ttl over', 'key swept up'],
  ...['gave way', 'gave way to a finished job'],
  ...['grace', 'server frozen'],
  ...['job taken back', 'job stalled too often', 'drainQueue', 'promoteJobs', 'retryJobs', 'changePriority'],
];

afterAll(() => client.quit());

describe('simulation', () => {
  const seen = new Set<string>();

  it.each([1, 2, 3, 4, 5])(
    'keeps every promise for seed %i',
    async (seed) => {
      const result = await simulate(client, { seed, steps: STEPS });

      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation === undefined ? '' : describeRun(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it('came across what it is there for', () => {
    expect(SIGHTS.filter((sight) => !seen.has(sight))).toEqual([]);
  });

  it(
    'makes the same run of the same seed',
    async () => {
      const { trace } = await simulate(client, { seed: 6, steps: 300 });

      expect((await simulate(client, { seed: 6, steps: 300 })).trace).toBe(trace);
      expect((await simulate(client, { seed: 7, steps: 300 })).trace).not.toBe(trace);
    },
    TIMEOUT_MS,
  );

  it('finds in the scripts what each mutant takes out', () => {
    expect(MUTANTS.length).toBeGreaterThan(80);
    expect(SHORT_MUTANTS.filter((name) => !MUTANTS.some((mutant) => mutant.name === name))).toEqual([]);
    expect(() => MUTANTS.map(({ patches }) => simulatedScripts(patches))).not.toThrow();
  });
});
