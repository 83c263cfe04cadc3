import { describe, expect, it } from '@jest/globals';
import { stageFlow } from '../../lib/redis/scripts.generated.js';
import { BODY, FLOW_TIME as NOW, message, OTHER } from '../support/flow-call.js';
import { ScriptLab, type Trial } from '../support/script-lab.js';

const lab = ScriptLab.open();
const LIFETIME_MS = 60_000;

const child = (id: string): string => message('', 5, OTHER, 'add', id, '', 'the parent', 0, BODY);

const stage = (messages: readonly string[], count = 0, now = NOW, id = 's'): Promise<Trial> =>
  lab.run(stageFlow, [now, id, count, LIFETIME_MS], messages);

describe('stage-flow', () => {
  it('puts messages aside, to be taken back after a time', async () => {
    const { reply, after } = await stage([child('x'), child('y')]);

    expect(reply).toBe('ok');
    expect(after).toEqual({
      'staged:s': [child('x'), child('y')],
      staging: [['s', NOW + LIFETIME_MS]],
    });
  });

  it('puts more behind what it has, and begins the time anew', async () => {
    await stage([child('x')]);

    const { reply, after } = await stage([child('y')], 1, NOW + 5);

    expect(reply).toBe('ok');
    expect(after).toEqual({
      'staged:s': [child('x'), child('y')],
      staging: [['s', NOW + 5 + LIFETIME_MS]],
    });
  });

  it('keeps flows apart', async () => {
    await stage([child('x')]);

    const { before, after } = await stage([child('y')], 0, NOW, 't');

    expect(after).toEqual({
      ...before,
      'staged:t': [child('y')],
      staging: [
        ['s', NOW + LIFETIME_MS],
        ['t', NOW + LIFETIME_MS],
      ],
    });
  });

  it.each([
    ['the first', [child('x'), child('y')], 0],
    ['a later one', [child('z')], 2],
  ])('puts nothing aside a second time for a repeated call: %s', async (_case, messages, count) => {
    await stage([child('x'), child('y')]);
    if (count > 0) await stage(messages, count);

    const { reply, before, after } = await stage(messages, count, NOW + 5);

    expect(reply).toBe('ok');
    expect(after).toEqual({ ...before, staging: [['s', NOW + 5 + LIFETIME_MS]] });
  });

  it('says that a flow is gone which was taken back, and puts nothing aside', async () => {
    const { reply, after } = await stage([child('y')], 2);

    expect(reply).toBe('gone');
    expect(after).toEqual({});
  });

  it('says so also of a flow that lacks some of its messages', async () => {
    await stage([child('x')]);

    const { reply, before, after } = await stage([child('z')], 2, NOW + 5);

    expect(reply).toBe('gone');
    expect(after).toEqual(before);
  });

  it.each([
    ['has no weight', message('', '', OTHER, 'add')],
    ['has a flag of two letters', message('ww', 5, OTHER, 'add')],
    ['has no target', message('', 5, '', 'add')],
    ['is empty', ''],
    ['is of another kind', '{"a":1}'],
  ])('refuses a message that %s, and all beside it', async (_case, text) => {
    await expect(stage([child('x'), text, child('y')])).rejects.toThrow('a message cannot be read');

    expect(await lab.dump()).toEqual({});
  });

  it('refuses a message that cannot be read in a repeated call too, and leaves what is there', async () => {
    const { after } = await stage([child('x')]);

    await expect(stage(['no'], 0, NOW + 5)).rejects.toThrow('a message cannot be read');

    expect(await lab.dump()).toEqual(after);
  });

  it('takes a thousand messages a call and refuses more', async () => {
    const many = Array.from({ length: 1001 }, (_, i) => child(String(i)));

    await expect(stage(many)).rejects.toThrow('too many messages in one call');
    expect(await lab.dump()).toEqual({});

    const { after } = await stage(many.slice(1));
    expect(after['staged:s']).toEqual(many.slice(1));
  });
});
