import { describe, expect, it } from '@jest/globals';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { removeJob } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const NOW = SEED_TIME + 60_000;

const remove = (id: string, seq = '1') => lab.run(removeJob, [NOW, 'a', seq, id]);

describe('remove-job', () => {
  it.each(LISTED_STATES)('removes a job that is %s, with all that it owns', async (state) => {
    const priority = state === 'prioritized' ? 1 : 0;
    await lab.given({
      jobs: [
        { id: '1', state, priority, lockUntil: NOW, fields: { progress: '1' }, logs: ['x'] },
        { id: '2', state, priority, lockUntil: NOW },
      ],
    });

    const { reply, before, after } = await remove('1');

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      'body:1': undefined,
      'job:1': undefined,
      'logs:1': undefined,
      'children:1': undefined,
      [state]: (before[state] as (string | [string, number])[]).slice(1),
      events: [['removed', '1', state]],
      'writer:a': '1\nok',
    });
  });

  it.each(['waiting', 'delayed'] as const)(
    'removes a job that was never started and is %s',
    async (state) => {
      await lab.given({ jobs: [{ id: '1', state }] });

      expect((await remove('1')).after).toEqual({
        meta: expect.anything(),
        events: [['removed', '1', state]],
        'writer:a': '1\nok',
      });
    },
  );

  it('leaves a job that a worker holds', async () => {
    await lab.given({ jobs: [{ id: '1', state: 'active', lockUntil: NOW + 1 }] });

    const { reply, before, after } = await remove('1');

    expect(reply).toBe('locked');
    expect(after).toEqual({ ...before, 'writer:a': '1\nlocked' });
  });

  it('says that a job is missing', async () => {
    const { reply, after } = await remove('1');

    expect(reply).toBe('missing');
    expect(after).toEqual({ 'writer:a': '1\nmissing' });
  });

  it('answers a repeated call as the first time', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const first = await remove('1');
    const again = await remove('1');

    expect(again.reply).toBe('ok');
    expect(again.after).toEqual(first.after);
  });
});
