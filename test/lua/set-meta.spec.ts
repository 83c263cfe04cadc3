import { describe, expect, it } from '@jest/globals';
import { setMeta } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { ScriptLab } from '../support/script-lab.js';

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

    const { after } = await runAdd(lab, [{}]);

    expect(after.events).toBeUndefined();
  });
});
