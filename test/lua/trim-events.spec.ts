import { describe, expect, it } from '@jest/globals';
import { addJobs, trimEvents } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('trim-events', () => {
  it('keeps the events of the last calls', async () => {
    for (const seq of ['1', '2', '3']) {
      await lab.run(addJobs, [SEED_TIME, 'a', seq, 1], ['', '', 'x\n{}\n{}', '', '', 'y\n{}\n{}']);
    }

    const { reply, before, after } = await lab.run(trimEvents, [2]);

    expect(reply).toBe(1);
    expect(after).toEqual({ ...before, events: (before.events as unknown[]).slice(2) });
    expect((await lab.run(trimEvents, [0])).after.events).toEqual([]);
  });

  it('finds nothing to trim in a queue without events', async () => {
    const { reply, after } = await lab.run(trimEvents, [0]);

    expect(reply).toBe(0);
    expect(after).toEqual({});
  });
});
