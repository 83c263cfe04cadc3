import { describe, expect, it } from '@jest/globals';
import { addJobs, setMeta } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('set-meta', () => {
  it('stores how many entries the event stream may have, or goes back to the default', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(setMeta, ['50']);
    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, meta: { id: '1', maxEvents: '50' } });
    expect((await lab.run(setMeta, [''])).after).toEqual(before);
  });

  it('is what scripts go by', async () => {
    await lab.run(setMeta, ['0']);

    const { after } = await lab.run(addJobs, [SEED_TIME, 'a', '1', 1], ['', '', 'x\n{}\n{}']);

    expect(after.events).toBeUndefined();
  });
});
