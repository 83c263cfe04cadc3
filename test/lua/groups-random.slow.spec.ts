import { describe, expect, it } from '@jest/globals';
import * as generated from '../../lib/redis/scripts.generated.js';
import { liveGrouped } from '../support/grouped-world.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('groups, in more worlds', () => {
  it.each([3, 4, 5, 6, 7, 8])(
    'keep what they promise (seed %d)',
    async (seed) => {
      const world = await liveGrouped(lab, seed, generated);
      expect(world.held).toEqual([]);
    },
    60_000,
  );
});
