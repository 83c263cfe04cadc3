import { describe, expect, it } from '@jest/globals';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { listJobs } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const list = async (state: string, start: number, stop: number, descending = 0) =>
  ((await lab.run(listJobs, [start, stop, descending], [state])).reply as string[][])[0];

describe('list-jobs', () => {
  it.each(LISTED_STATES)('lists %s jobs in their order, from either end', async (state) => {
    await lab.given({
      jobs: ['a', 'b', 'c', 'd', 'e'].map((id, i) => ({ id, state, priority: 1, lockUntil: 1000 + i })),
    });

    expect(await list(state, 0, -1)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await list(state, 1, 2)).toEqual(['b', 'c']);
    expect(await list(state, -2, -1)).toEqual(['d', 'e']);
    expect(await list(state, -99, 0)).toEqual(['a']);
    expect(await list(state, 3, 99)).toEqual(['d', 'e']);
    expect(await list(state, 3, 2)).toEqual([]);
    expect(await list(state, 9, 10)).toEqual([]);
    expect(await list(state, 0, -1, 1)).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(await list(state, 1, 2, 1)).toEqual(['d', 'c']);
    expect(await list(state, -2, -1, 1)).toEqual(['b', 'a']);
  });

  it('lists nothing of an empty queue, and changes nothing', async () => {
    for (const state of LISTED_STATES) {
      const { reply, after } = await lab.run(listJobs, [0, -1, 0], [state]);
      expect(reply).toEqual([[]]);
      expect(after).toEqual({});
    }
  });

  it('lists several states as they are at one moment, each from its own positions', async () => {
    await lab.given({
      jobs: ['a', 'b', 'c', 'd'].map((id, i) => ({
        id,
        state: i < 2 ? ('waiting' as const) : ('failed' as const),
      })),
    });

    const { reply } = await lab.run(listJobs, [0, 0, 1], ['failed', 'active', 'waiting']);

    expect(reply).toEqual([['d'], [], ['b']]);
  });

  it('lists 5000 ids of a state at most', async () => {
    await lab.given({ jobs: Array.from({ length: 5001 }, (_, i) => ({ id: `${i}` })) });

    expect(await list('waiting', 0, -1)).toHaveLength(5000);
    expect((await list('waiting', 0, -1, 1))![0]).toBe('5000');
  });
});
