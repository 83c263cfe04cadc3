import { describe, expect, it } from '@jest/globals';
import { pauseQueue } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('pause-queue', () => {
  it('pauses', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(pauseQueue, [1]);

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, meta: { id: '1', paused: '1' }, events: [['paused']] });
  });

  it('resumes and wakes a worker', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(pauseQueue, [0]);

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, meta: { id: '1' }, wake: [['1', 0]], events: [['resumed']] });
  });

  it.each([0, 1])('changes nothing where the queue is so already (%d)', async (paused) => {
    await lab.given({ paused: paused === 1, jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(pauseQueue, [paused]);

    expect(reply).toBe('unchanged');
    expect(after).toEqual(before);
  });
});
