import { describe, expect, it } from '@jest/globals';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { CALLS, playCommits, withoutPath, withPath } from '../support/plain-commits.js';
import { ScriptLab } from '../support/script-lab.js';

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

const lab = ScriptLab.open();

describe('the paths of plain jobs in commit', () => {
  it.each(SEEDS)('come to what the rest comes to, seed %i', async (seed) => {
    expect(await playCommits(lab, seed, withPath)).toEqual(await playCommits(lab, seed, withoutPath));
  });

  it.each(SEEDS)('come to that in a queue that was changed from outside, seed %i', async (seed) => {
    expect(await playCommits(lab, seed, withPath, true)).toEqual(
      await playCommits(lab, seed, withoutPath, true),
    );
  });

  it('are taken by many calls', async () => {
    const marked = lastingScripts([
      ...['local runs', 'local count, granted'].map((next) => ({
        from: `  allow_when_full(q)\n  ${next}`,
        to: `  redis.call('INCR', 'taken:' .. q.meta)\n  ${next}`,
      })),
    ]).commit;
    await playCommits(lab, 1, marked);
    const taken = Number(await lab.client.getdel(`taken:${lab.keys.of('meta')}`));

    expect(taken).toBeGreaterThan(CALLS / 3);
  });
});
