import { describe, expect, it } from '@jest/globals';
import { closeRateLimit } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME as NOW, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('close-rate-limit', () => {
  it('closes for some time', async () => {
    await lab.given({ jobs: [{ id: '1' }], limiter: { count: 2, until: NOW + 100 } });

    const { reply, before, after } = await lab.run(closeRateLimit, [NOW, 500]);

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, meta: { id: '1', closedUntil: `${NOW + 500},500` } });
  });

  it('takes the last word on how long', async () => {
    await lab.given({ closedUntil: NOW + 5000 });

    expect((await lab.run(closeRateLimit, [NOW, 500])).after).toEqual({
      meta: { closedUntil: `${NOW + 500},500` },
    });
  });

  it('lifts what limits now and wakes a worker', async () => {
    await lab.given({ jobs: [{ id: '1' }], limiter: { count: 2, until: NOW + 100 }, closedUntil: NOW + 500 });

    const { reply, before, after } = await lab.run(closeRateLimit, [NOW, 0]);

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      meta: { id: '1' },
      limiter: undefined,
      wake: [['1', 0]],
      notices: [['limits']],
    });
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, closedUntil: NOW + 500 });

    expect((await lab.run(closeRateLimit, [NOW, 0])).after).toEqual({
      meta: { paused: '1' },
      notices: [['limits']],
    });
  });

  it('says that there was nothing to lift', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(closeRateLimit, [NOW, 0]);

    expect(reply).toBe('unchanged');
    expect(after).toEqual(before);
  });
});
