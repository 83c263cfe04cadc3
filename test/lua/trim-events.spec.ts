import { describe, expect, it } from '@jest/globals';
import { trimEvents } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('trim-events', () => {
  it('keeps the events of the last calls', async () => {
    for (const seq of ['1', '2', '3']) {
      await runAdd(lab, [{}, {}], { seq });
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
