import { describe, expect, it } from '@jest/globals';
import { promoteJobs } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const promote = (count = 1000) => lab.run(promoteJobs, [SEED_TIME, count]);

describe('promote-jobs', () => {
  it('puts delayed jobs at the back, the first due first, whatever their priority', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'delayed', due: SEED_TIME + 500 },
        { id: '3', state: 'delayed', due: SEED_TIME + 100, priority: 4 },
      ],
    });

    const { reply, before, after } = await promote();

    expect(reply).toBe(2);
    expect(after).toEqual({
      ...before,
      waiting: ['1', '3', '2'],
      delayed: undefined,
      'job:2': { state: 'waiting', delay: '0' },
      'job:3': { state: 'waiting', delay: '0', priority: '4' },
      wake: [['1', 0]],
      events: [
        ['waiting', '3', 'delayed'],
        ['waiting', '2', 'delayed'],
      ],
    });
  });

  it('moves no more than asked for, and 1000 at most', async () => {
    await lab.given({
      jobs: Array.from({ length: 1003 }, (_, i) => ({ id: `${i + 1}`, state: 'delayed' as const })),
    });

    expect((await promote(2)).after.waiting).toEqual(['1', '2']);
    expect((await promote(5000)).reply).toBe(1000);
    expect((await promote(5000)).reply).toBe(1);
  });

  it('changes nothing when no job is delayed', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await promote();

    expect(reply).toBe(0);
    expect(after).toEqual(before);
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1', state: 'delayed' }] });

    expect((await promote()).after.wake).toBeUndefined();
  });
});
