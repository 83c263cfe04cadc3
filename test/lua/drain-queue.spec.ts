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

describe('drain-queue', () => {
  it('removes jobs that wait', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await lab.run(drainQueue, [0]);

    expect(reply).toBe(2);
    expect(after).toEqual({ ...before, ...gone, waiting: undefined, prioritized: undefined });
  });

  it('removes delayed ones too when asked', async () => {
    await lab.given({ jobs: [...everywhere.jobs] as never });

    const { reply, before, after } = await lab.run(drainQueue, [1]);

    expect(reply).toBe(3);
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

    const { reply, after } = await lab.run(drainQueue, [0]);

    expect(reply).toBe(1000);
    expect(after.waiting).toBeUndefined();
    expect(after.prioritized).toHaveLength(600);
    expect(await lab.client.xlen(lab.keys.of('events'))).toBe(1);
    expect((await lab.run(drainQueue, [0])).reply).toBe(600);
  });

  it('answers 0 when there is nothing left', async () => {
    await lab.given({ jobs: [{ id: '3', state: 'delayed' }] });

    const { reply, before, after } = await lab.run(drainQueue, [0]);

    expect(reply).toBe(0);
    expect(after).toEqual(before);
  });
});
