import { describe, expect, it } from '@jest/globals';
import { countPriorities } from '../../lib/redis/scripts.generated.js';
import { runAdd } from '../support/add-call.js';
import { ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('count-priorities', () => {
  it('counts jobs by class, 0 being the plain list', async () => {
    const specs = ['', ',1,,', ',1,1,', ',2,,', ',2097151,,', ',2097151,1,', ',2097151,1,'];
    await runAdd(
      lab,
      specs.map((spec) => ({ spec })),
    );

    const { reply, before, after } = await lab.run(countPriorities, [], ['0', '1', '2', '3', '2097151']);

    expect(reply).toEqual([1, 2, 1, 0, 3]);
    expect(after).toEqual(before);
    expect((await lab.run(countPriorities, [], [])).reply).toEqual([]);
  });
});
