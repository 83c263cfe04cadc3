import { describe, expect, it } from '@jest/globals';
import { LISTED_STATES } from '../../lib/job/job-state.js';
import { lookAtJob } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { bodyText, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const TIME = expect.stringMatching(/^\d{13}$/);

describe('look-at-job', () => {
  it('gives a job, and the place in the events where it was so', async () => {
    await runAdd(lab, [{ id: 'a' }, { id: 'b' }]);
    const [[entryId]] = (await lab.client.xrange(lab.keys.of('events'), '-', '+')) as [[string, string[]]];

    const { reply, before, after } = await lab.run(lookAtJob, ['a']);

    expect(reply).toEqual([TIME, '4', entryId, expect.stringContaining('work'), [], 'waiting']);
    expect(after).toEqual(before);
  });

  it('gives the place after all events are cut off, and the place alone', async () => {
    await runAdd(lab, [{ id: 'a' }]);
    const [[entryId]] = (await lab.client.xrange(lab.keys.of('events'), '-', '+')) as [[string, string[]]];
    await lab.client.xtrim(lab.keys.of('events'), 'MAXLEN', 0);

    expect((await lab.run(lookAtJob, [''])).reply).toEqual([TIME, '2', entryId, null, [], '']);
  });

  it('finds nothing in an empty queue', async () => {
    expect((await lab.run(lookAtJob, ['a'])).reply).toEqual([TIME, '0', '0-0', null, [], '']);
  });

  it.each(LISTED_STATES)('knows that a job is %s', async (state) => {
    await lab.given({ jobs: [{ id: '1', state, priority: 1 }] });

    const reply = (await lab.run(lookAtJob, ['1'])).reply as unknown[];
    expect(reply.slice(3)).toEqual([bodyText({}), expect.any(Array), state]);
  });
});
