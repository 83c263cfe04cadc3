import { describe, expect, it } from '@jest/globals';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { countJobs } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('count-jobs', () => {
  it('counts the jobs of each state', async () => {
    await lab.given({
      jobs: LISTED_STATES.flatMap((state, i) =>
        Array.from({ length: i + 1 }, (_, n) => ({ id: `${state}-${n}`, state, priority: 1 })),
      ),
    });

    const { reply, before, after } = await lab.run(countJobs, []);

    expect(reply).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    expect(after).toEqual(before);
  });

  it('tells whether the queue is paused', async () => {
    await lab.given({ paused: true });

    expect((await lab.run(countJobs, [])).reply).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });
});
