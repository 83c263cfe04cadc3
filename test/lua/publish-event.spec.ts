import { describe, expect, it } from '@jest/globals';
import { ScriptRunner } from '../../lib/redis/script-runner.js';
import { publishEvent } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();
const EVENT = '{"eventName":"shared","album":[]}';

describe('publish-event', () => {
  it('tells of the event as it is given', async () => {
    const { reply, before, after } = await lab.run(publishEvent, ['a', '1', EVENT, 1000]);

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, events: [['custom', EVENT]], 'writer:a': '1\nok' });
  });

  it('does nothing when it is sent again', async () => {
    const { after: first } = await lab.run(publishEvent, ['a', '1', EVENT, 1000]);
    const { reply, after } = await lab.run(publishEvent, ['a', '1', EVENT, 1000]);

    expect([reply, after]).toEqual(['ok', first]);
  });

  it.each([
    ['no limit of its own', undefined, 1, 400],
    ['a lower limit', 100, 300, 300],
    ['a higher limit', 300, 1, 300],
    ['no events', 0, 100, 100],
  ])('keeps what the queue keeps, or more: with %s', async (_what, own, max, least) => {
    if (own !== undefined) await lab.client.hset(lab.keys.of('meta'), 'maxEvents', own);
    const scripts = new ScriptRunner(lab.client, lab.keys);
    for (let i = 1; i <= 400; i += 1) await scripts.run(publishEvent, ['a', String(i), EVENT, max]);

    const kept = await lab.client.xlen(lab.keys.of('events'));
    expect(kept).toBeGreaterThanOrEqual(least);
    expect(kept).toBeLessThanOrEqual(least + 150);
  });
});
