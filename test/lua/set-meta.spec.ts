import { describe, expect, it } from '@jest/globals';
import { encodeAddJobs } from '../../lib/job/wire.generated.js';
import { addJobs, setMeta } from '../../lib/redis/scripts.generated.js';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

/** An entry each. */
async function addMany(count: number): Promise<void> {
  const scripts = new ScriptRunner(lab.client, lab.keys);
  await Promise.all(
    Array.from({ length: count }, (_, seq) =>
      scripts.run(addJobs, [0, 'a', `${seq}`, 0], encodeAddJobs([['', '', 'work\n{}\n{}']])),
    ),
  );
}

describe('set-meta', () => {
  it('stores how many entries the event stream may have, or goes back to the default', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(setMeta, ['50']);
    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, meta: { id: '1', maxEvents: '50' } });
    expect((await lab.run(setMeta, [''])).after).toEqual(before);
  });

  it('is what scripts go by', async () => {
    await lab.run(setMeta, ['200']);
    await addMany(900);

    expect(await lab.client.xlen(lab.keys.of('events'))).toBeLessThan(400);
  });

  it('leaves what live readers need', async () => {
    await lab.run(setMeta, ['0']);

    await addMany(900);

    const kept = await lab.client.xlen(lab.keys.of('events'));
    expect(kept).toBeGreaterThanOrEqual(100);
    expect(kept).toBeLessThan(300);
  });
});
