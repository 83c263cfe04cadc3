import { describe, expect, it } from '@jest/globals';
import { promoteJobs } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const promote = (...ids: string[]) => lab.run(promoteJobs, [SEED_TIME], ids);

describe('promote-jobs', () => {
  it('puts delayed jobs at the back of where their priority has them wait, in the order in which they are named', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'delayed', due: SEED_TIME + 500 },
        { id: '3', state: 'delayed', due: SEED_TIME + 100, priority: 4 },
        { id: '4', state: 'delayed', due: SEED_TIME + 100 },
        { id: '5', state: 'delayed', due: SEED_TIME + 100 },
      ],
    });

    const { reply, before, after } = await promote('4', '3', '2');

    expect(reply).toBe(3);
    expect(after).toEqual({
      ...before,
      waiting: ['1', '4', '2'],
      prioritized: [['3', 4 * 2 ** 32 + 2 ** 31 + 6]],
      delayed: [['5', expect.any(Number)]],
      'job:2': { state: 'waiting', delay: '0' },
      'job:3': { state: 'prioritized', delay: '0', priority: '4' },
      'job:4': { state: 'waiting', delay: '0' },
      meta: { ...(before.meta as object), seq: '6' },
      wake: [['1', 0]],
      events: [
        ['waiting', '4', 'delayed'],
        ['waiting', '3', 'delayed'],
        ['waiting', '2', 'delayed'],
      ],
    });
  });

  it('leaves alone what is not delayed, and takes 500 jobs a call at most', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'active' }, { id: '3', state: 'failed' }] });

    const { reply, before, after } = await promote('1', '2', '3', 'nobody');

    expect(reply).toBe(0);
    expect(after).toEqual(before);
    await expect(promote(...Array.from({ length: 501 }, String))).rejects.toThrow('too many');
  });

  it('changes nothing when no job is delayed', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await promote('1');

    expect(reply).toBe(0);
    expect(after).toEqual(before);
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1', state: 'delayed' }] });

    expect((await promote('1')).after.wake).toBeUndefined();
  });
});
