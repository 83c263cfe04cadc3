import { describe, expect, it } from '@jest/globals';
import { getLogs } from '../../lib/redis/scripts.generated.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const logs = async (start: number, stop: number, descending = 0) =>
  (await lab.run(getLogs, ['1', start, stop, descending])).reply;

describe('get-logs', () => {
  it('gives lines from either end, and how many there are', async () => {
    await lab.given({ jobs: [{ id: '1', logs: ['a', 'b', 'c', 'd'] }] });

    expect(await logs(0, -1)).toEqual([4, 'a', 'b', 'c', 'd']);
    expect(await logs(1, 2)).toEqual([4, 'b', 'c']);
    expect(await logs(-1, -1)).toEqual([4, 'd']);
    expect(await logs(0, 1, 1)).toEqual([4, 'd', 'c']);
    expect(await logs(9, 10)).toEqual([4]);
  });

  it('gives nothing of a job without a log, and changes nothing', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const { reply, before, after } = await lab.run(getLogs, ['1', 0, -1, 0]);

    expect(reply).toEqual([0]);
    expect(after).toEqual(before);
  });

  it('gives 1000 lines a call at most', async () => {
    await lab.given({ jobs: [{ id: '1', logs: Array.from({ length: 1500 }, (_, i) => `${i}`) }] });

    expect(await logs(0, -1)).toHaveLength(1001);
    expect(await logs(1000, -1)).toHaveLength(501);
  });
});
