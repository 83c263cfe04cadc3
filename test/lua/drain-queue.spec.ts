import { describe, expect, it } from '@jest/globals';
import { drainQueue } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const everywhere = {
  jobs: [
    { id: '1', fields: { progress: '1' }, logs: ['x'] },
    { id: '2', state: 'prioritized', priority: 1 },
    { id: '3', state: 'delayed' },
    { id: '4', state: 'active' },
    { id: '5', state: 'completed' },
    { id: '6', state: 'failed' },
  ],
} as const;
const gone = {
  'body:1': undefined,
  'job:1': undefined,
  'logs:1': undefined,
  'body:2': undefined,
  'job:2': undefined,
  events: [
    ['removed', '1', 'waiting'],
    ['removed', '2', 'prioritized'],
  ],
};

/** The first slice of a draining. */
const drain = (delayed: number) => lab.run(drainQueue, [delayed, 0, 0]);

describe('drain-queue', () => {
  it('removes jobs that wait', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await drain(0);

    expect(reply).toEqual([2, expect.any(Number), 0]);
    expect(after).toEqual({ ...before, ...gone, waiting: undefined, prioritized: undefined });
  });

  it('removes delayed ones too when asked', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await drain(1);

    expect(reply).toEqual([3, expect.any(Number), 0]);
    expect(after).toEqual({
      ...{ ...before, ...gone, 'body:3': undefined },
      ...{ waiting: undefined, prioritized: undefined, delayed: undefined },
      events: [...gone.events, ['removed', '3', 'delayed']],
    });
  });

  it('removes 1000 a call at most, whatever their state', async () => {
    await lab.given({
      jobs: Array.from({ length: 1600 }, (_, i) =>
        i < 800 ? { id: `${i}` } : { id: `${i}`, state: 'prioritized', priority: 1 },
      ),
    });

    const { reply, after } = await drain(0);

    expect(reply).toEqual([1000, expect.any(Number), 0]);
    expect(after.waiting).toBeUndefined();
    expect(after.prioritized).toHaveLength(600);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBe(1);
    expect((await drain(0)).reply).toEqual([600, expect.any(Number), 0]);
  });

  it('answers 0 when there is nothing left', async () => {
    await lab.given({ jobs: [{ id: '3', state: 'delayed' }] });

    const { reply, before, after } = await drain(0);

    expect(reply).toEqual([0, expect.any(Number), 0]);
    expect(after).toEqual(before);
  });

  it('leaves prioritized jobs alone that are newer than the draining, and the plain list beyond what was there', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'prioritized', priority: 1 }] });

    const { reply, before, after } = await lab.run(drainQueue, [0, 1, 0]);

    expect(reply).toEqual([0, 1, 0]);
    expect(after).toEqual(before);
  });
});
