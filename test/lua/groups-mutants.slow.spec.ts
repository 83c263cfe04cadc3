import { describe, expect, it } from '@jest/globals';
import type * as generated from '../../lib/redis/scripts.generated.js';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { GROUP_MUTANTS } from '../support/group-mutants.js';
import { liveGrouped } from '../support/grouped-world.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const SEEDS = 24;

describe('the random test of groups', () => {
  it.each(GROUP_MUTANTS)(
    'notices it where $name',
    async ({ patches }) => {
      const scripts = lastingScripts(patches) as unknown as typeof generated;
      const seen: string[] = [];
      for (let seed = 1; seed <= SEEDS && seen.length === 0; seed += 1) {
        await liveGrouped(lab, seed, scripts).catch((error: unknown) => seen.push(String(error)));
        await lab.clear();
      }
      expect(seen).toHaveLength(1);
      // Not for a script that cannot be run at all.
      expect(seen[0]).not.toContain('ERR');
    },
    120_000,
  );
});
