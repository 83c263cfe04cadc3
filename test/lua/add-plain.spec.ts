import { describe, expect, it } from '@jest/globals';
import { addPlain } from '../../lib/redis/scripts.generated.js';
import { ADD_TIME as NOW, type AddOptions, runAdd } from '../support/add-call.js';
import { bodyText, ScriptLab, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();
const BODY = 'work\n{}\n{}';

function add(bodies: readonly string[], options: AddOptions = {}): Promise<Trial> {
  const { now = NOW, writer = 'a', seq = '1', wake = 1 } = options;
  return lab.run(addPlain, [now, writer, seq, wake], bodies);
}

describe('add-plain', () => {
  it('numbers a job and puts it at the back, without a record', async () => {
    await lab.given({ jobs: [{ id: '7' }] });

    const { reply, before, after } = await add(['email\n{"attempts":3}\n[]']);

    expect(reply).toBe(`${NOW}\n8`);
    expect(after).toEqual({
      ...before,
      meta: { id: '8' },
      waiting: ['7', '8'],
      'body:8': bodyText({ timestamp: NOW, name: 'email', opts: '{"attempts":3}', data: '[]' }),
      wake: [['1', 0]],
      events: [['added', '8', 'email']],
      'writer:a': `1\n${reply}`,
    });
  });

  it('gives many jobs the numbers that follow, and says the first', async () => {
    const { reply, after } = await add(['a\n{}\n1', 'b\n{}\n2', 'c\n{}\n3']);

    expect(reply).toBe(`${NOW}\n1`);
    expect(after).toEqual({
      meta: { id: '3' },
      waiting: ['1', '2', '3'],
      'body:1': bodyText({ timestamp: NOW, name: 'a', data: '1' }),
      'body:2': bodyText({ timestamp: NOW, name: 'b', data: '2' }),
      'body:3': bodyText({ timestamp: NOW, name: 'c', data: '3' }),
      wake: [['1', 0]],
      events: [
        ['added', '1', 'a'],
        ['added', '2', 'b'],
        ['added', '3', 'c'],
      ],
      'writer:a': `1\n${reply}`,
    });
  });

  it.each([1, 2, 30])('leaves what add-jobs leaves for %i jobs', async (count) => {
    const plain = await add(Array.from({ length: count }, () => BODY));
    await lab.clear();
    const any = await runAdd(
      lab,
      Array.from({ length: count }, () => ({})),
    );

    expect({ ...plain.after, 'writer:a': '' }).toEqual({ ...any.after, 'writer:a': '' });
  });

  it.each(['1e400', 'none', '9223372036854775807'])(
    'begins anew where the last number is %s',
    async (last) => {
      await add([BODY]);
      await lab.client.hset(lab.keys.of('meta'), 'id', last);

      const { reply } = await add([BODY, BODY], { seq: '2' });
      const first = Number(String(reply).split('\n')[1]);

      expect(first).toBeGreaterThan(1);
      expect((await lab.dump()).waiting).toEqual(['1', String(first), String(first + 1)]);
    },
  );

  it('wakes nobody in a paused queue, or where the caller does', async () => {
    expect((await add([BODY], { wake: 0 })).after.wake).toBeUndefined();
    await lab.given({ paused: true });
    expect((await add([BODY], { seq: '2' })).after.wake).toBeUndefined();
  });

  it('changes nothing when the same call comes again, and refuses an older one', async () => {
    const first = await add([BODY, BODY]);
    const again = await add([BODY, BODY], { now: NOW + 5000 });

    expect(again).toMatchObject({ reply: first.reply, after: first.after });
    expect((await add([BODY], { seq: '2' })).after.waiting).toEqual(['1', '2', '3']);
    const before = await lab.dump();
    await expect(add([BODY, BODY])).rejects.toThrow('OUTDATED');
    expect(await lab.dump()).toEqual(before);
  });

  it('refuses no jobs, and more than a call may add', async () => {
    await expect(add([])).rejects.toThrow('there is no job');
    await expect(add(Array.from({ length: 5001 }, () => BODY))).rejects.toThrow('too many jobs');
    expect(await lab.dump()).toEqual({});
  });

  it('takes thousands of jobs in one call', async () => {
    const { after } = await add(Array.from({ length: 5000 }, () => BODY));

    expect(after).toMatchObject({ meta: { id: '5000' } });
    expect(after.waiting).toHaveLength(5000);
    expect(after.events).toHaveLength(5000);
    expect(await lab.client.hget(lab.keys.of('meta'), 'eventNumber')).toBe('10000');
  });
});
