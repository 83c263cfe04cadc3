import { describe, expect, it } from '@jest/globals';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { loadJobs } from '../../lib/redis/scripts.generated.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('load-jobs', () => {
  it('gives all that is stored, in the order asked for', async () => {
    await lab.given({
      jobs: [
        { id: '1', data: '{"a":[]}' },
        { id: '2', state: 'active' },
      ],
    });

    const { reply, before, after } = await lab.run(loadJobs, [], ['2', 'none', '1']);

    expect(reply).toEqual([
      ...[bodyText({}), expect.arrayContaining(['token', 'w:1', 'attemptsStarted', '1']), 'active'],
      ...[null, [], ''],
      ...[bodyText({ data: '{"a":[]}' }), [], 'waiting'],
    ]);
    expect(after).toEqual(before);
  });

  it.each(LISTED_STATES)('knows that a job is %s', async (state) => {
    await lab.given({ jobs: [{ id: '1', state, priority: 1 }] });

    expect((await lab.run(loadJobs, [], ['1'])).reply).toEqual([bodyText({}), expect.any(Array), state]);
  });

  it.each(['waiting', 'delayed'] as const)(
    'finds a job that was never started where it is: %s',
    async (state) => {
      await lab.given({ jobs: [{ id: '1', state, fields: { progress: '5' } }] });

      expect((await lab.run(loadJobs, [], ['1'])).reply).toEqual([bodyText({}), ['progress', '5'], state]);
    },
  );
});
