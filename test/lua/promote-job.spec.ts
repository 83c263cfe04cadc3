import { describe, expect, it } from '@jest/globals';
import { promoteJob } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 1000;

const promote = (id: string, seq = '1') => lab.run(promoteJob, [NOW, 'a', seq, id]);

describe('promote-job', () => {
  it('puts a delayed job at the back', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'delayed' }] });

    const { reply, before, after } = await promote('2');

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      waiting: ['1', '2'],
      delayed: undefined,
      'job:2': { state: 'waiting', delay: '0' },
      wake: [['1', 0]],
      events: [['waiting', '2', 'delayed']],
      'writer:a': '1\nok',
    });
  });

  it('puts a job with a priority at the back of its class', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'prioritized', priority: 3 },
        { id: '2', state: 'delayed', priority: 3, fields: { delay: 500 } },
      ],
    });

    const { before, after } = await promote('2');

    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      delayed: undefined,
      prioritized: [
        ['1', 3 * 2 ** 32 + 2 ** 31 + 1],
        ['2', 3 * 2 ** 32 + 2 ** 31 + 3],
      ],
      'job:2': { state: 'prioritized', priority: '3', delay: '0' },
      wake: [['1', 0]],
      events: [['waiting', '2', 'delayed']],
      'writer:a': '1\nok',
    });
  });

  it('refuses a job that is not delayed', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'active' }, { id: '3', state: 'failed' }] });

    for (const id of ['1', '2', '3']) {
      const { reply, before, after } = await promote(id, id);
      expect(reply).toBe('not-delayed');
      expect(after).toEqual({ ...before, 'writer:a': `${id}\nnot-delayed` });
    }
  });

  it('says that a job is missing', async () => {
    expect((await promote('1')).reply).toBe('missing');
  });

  it('answers a repeated call as the first time', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'delayed' }] });

    const first = await promote('1');
    const again = await promote('1');

    expect(again.reply).toBe('ok');
    expect(again.after).toEqual(first.after);
  });

  it('wakes nobody while the queue is paused', async () => {
    await lab.given({ paused: true, jobs: [{ id: '1', state: 'delayed' }] });

    expect((await promote('1')).after.wake).toBeUndefined();
  });
});
