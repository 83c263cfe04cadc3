import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { simulatedScripts } from './simulated-scripts.js';
import { SLOT_MUTANTS } from './slot-mutants.js';
import { describeSlots, simulateSlots } from './slot-simulation.js';

const client = connectTestRedis();
const TIMEOUT_MS = 60_000;
const STEPS = 400;
const seen = new Set<string>();

afterAll(() => client.quit());

describe('simulation of job schedulers', () => {
  it.each([1, 2, 3, 4])(
    'fires each slot once for seed %i',
    async (seed) => {
      const result = await simulateSlots(client, { seed, steps: STEPS });
      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation === undefined ? '' : describeSlots(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it('came across what it is there for', () => {
    const sights = [
      ...['reply lost', 'worker killed', 'clock jumped', 'clock set back', 'job taken back', 'planned'],
      ...['schedule-fired', 'schedule-missed', 'schedule-skipped', 'removed', 'delayed'],
    ];
    expect(sights.filter((sight) => !seen.has(sight))).toEqual([]);
  });

  it('finds in the scripts what each mutant takes out', () => {
    expect(() => SLOT_MUTANTS.map(({ patches }) => simulatedScripts(patches))).not.toThrow();
  });

  it.each(['a slot that starts brings no successor', 'a slot that starts again brings another successor'])(
    'notices when %s',
    async (name) => {
      const { patches } = SLOT_MUTANTS.find((mutant) => mutant.name === name)!;
      expect((await simulateSlots(client, { seed: 1, steps: STEPS, patches })).violation).toBeDefined();
    },
    TIMEOUT_MS,
  );
});
