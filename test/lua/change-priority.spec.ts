import { describe, expect, it } from '@jest/globals';
import { changePriority } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME, ScriptLab } from '../support/script-lab.js';

const lab = ScriptLab.open();

const change = (id: string, priority: number, front = 0, seq = '1') =>
  lab.run(changePriority, [SEED_TIME, 'a', seq, id, priority, front]);
const middle = (priority: number) => priority * 2 ** 32 + 2 ** 31;

describe('change-priority', () => {
  it('moves a job from the plain list to the back of its class', async () => {
    await lab.given({ jobs: [{ id: '1' }, { id: '2', state: 'prioritized', priority: 5 }] });

    const { reply, before, after } = await change('1', 5);

    expect(reply).toBe('ok');
    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      waiting: undefined,
      prioritized: [
        ['2', middle(5) + 2],
        ['1', middle(5) + 3],
      ],
      'job:1': { state: 'prioritized', priority: '5' },
      'writer:a': '1\nok',
    });
  });

  it('moves a job to the front of another class', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'prioritized', priority: 1 },
        { id: '2', state: 'prioritized', priority: 9 },
      ],
    });

    const { before, after } = await change('2', 1, 1);

    expect(after).toEqual({
      ...before,
      meta: { id: '2', seq: '3' },
      prioritized: [
        ['2', middle(1) - 1 - 3],
        ['1', middle(1) + 1],
      ],
      'job:2': { state: 'prioritized', priority: '1' },
      'writer:a': '1\nok',
    });
  });

  it('moves a job whose priority is taken away to the plain list: its back, or its front', async () => {
    await lab.given({
      jobs: [
        { id: '1' },
        { id: '2', state: 'prioritized', priority: 1 },
        { id: '3', state: 'prioritized', priority: 1 },
      ],
    });

    await change('2', 0);
    const { after } = await change('3', 0, 1, '2');

    expect(after).toMatchObject({
      waiting: ['3', '1', '2'],
      'job:2': { state: 'waiting', priority: '0' },
      'job:3': { state: 'waiting', priority: '0' },
    });
    expect(after.prioritized).toBeUndefined();
  });

  it('only stores the priority of a job that does not wait', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'active' },
        { id: '2', state: 'completed' },
        { id: '3', state: 'delayed' },
      ],
    });

    for (const [id, state] of [
      ['1', 'active'],
      ['2', 'completed'],
      ['3', 'delayed'],
    ] as const) {
      const { reply, before, after } = await change(id, 4, 0, id);
      const fields = { ...(before[`job:${id}`] as object), state, priority: '4' };
      expect(reply).toBe('ok');
      expect(after).toEqual({ ...before, [`job:${id}`]: fields, 'writer:a': `${id}\nok` });
    }
  });

  it('says that a job is missing', async () => {
    const { reply, after } = await change('1', 4);

    expect(reply).toBe('missing');
    expect(after).toEqual({ 'writer:a': '1\nmissing' });
  });

  it('moves once, however often the call comes', async () => {
    await lab.given({ jobs: [{ id: '1' }] });

    const first = await change('1', 4);
    const again = await change('1', 4);

    expect(again.reply).toBe('ok');
    expect(again.after).toEqual(first.after);
  });
});
