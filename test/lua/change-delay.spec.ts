import { describe, expect, it } from '@jest/globals';
import { changeDelay } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 1000;

const change = (id: string, delay: number, seq = '1') => lab.run(changeDelay, [NOW, 'a', seq, id, delay]);

describe('change-delay', () => {
  it('makes a delayed job due some time from now', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'delayed', due: NOW + 100 },
        { id: '2', state: 'delayed', due: NOW + 200 },
      ],
    });

    const { reply, before, after } = await change('1', 300);

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      delayed: [
        ['2', NOW + 200 + 2 / 4096],
        ['1', NOW + 300 + 3 / 4096],
      ],
      'job:1': { state: 'delayed', delay: '300' },
      events: [['delayed', '1', String(NOW + 300)]],
      'writer:a': '1\nok',
    });
  });

  it('wakes a worker when the job is now due before all others', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'delayed', due: NOW + 100, priority: 7 },
        { id: '2', state: 'delayed', due: NOW + 200 },
      ],
    });

    const { before, after } = await change('2', 50);

    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      delayed: [
        ['2', NOW + 50 + 3 / 4096],
        ['1', NOW + 100 + 1 / 4096],
      ],
      'job:2': { state: 'delayed', delay: '50' },
      wake: [['1', 0]],
      events: [['delayed', '2', String(NOW + 50)]],
      'writer:a': '1\nok',
    });
  });

  it('leaves a job that is due now to the next worker that asks', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed', priority: 2 }] });

    expect((await change('1', 0)).after).toMatchObject({
      delayed: [['1', NOW + 2 / 4096]],
      'job:1': { state: 'delayed', delay: '0', priority: '2' },
      wake: [['1', 0]],
    });
  });

  it('refuses a job that is not delayed', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'active' }] });

    for (const id of ['1', '2']) {
      const { reply, before, after } = await change(id, 10, id);
      expect(reply).toBe('not-delayed');
      expect(after).toEqual({ ...before, 'writer:a': `${id}\nnot-delayed` });
    }
  });

  it('says that a job is missing', async () => {
    expect((await change('1', 10)).reply).toBe('missing');
  });

  it('answers a repeated call as the first time', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed' }] });

    const first = await change('1', 10);
    const again = await change('1', 10);

    expect(again.reply).toBe('ok');
    expect(again.after).toEqual(first.after);
  });

  it('wakes a worker for what is due first also while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1', state: 'delayed' }] });

    expect((await change('1', 0)).after.wake).toEqual([['1', 0]]);
  });
});
