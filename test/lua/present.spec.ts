import { describe, expect, it } from '@jest/globals';
import { countDue, listPresent, notePresent } from '../../lib/redis/scripts.generated.js';
import { ScriptLab, SEED_TIME as NOW } from '../support/script-lab.js';

const lab = ScriptLab.open();

describe('note-present', () => {
  it('keeps who is there until the time is up, or until it goes', async () => {
    expect((await lab.run(notePresent, [NOW, 'a', 1000])).after).toEqual({ present: [['a', NOW + 1000]] });
    await lab.run(notePresent, [NOW + 500, 'b', 1000]);
    expect((await lab.run(listPresent, [NOW + 999])).reply).toEqual([
      ...[String(NOW + 999), 'a', String(NOW + 1000), 'b', String(NOW + 1500)],
    ]);
    expect((await lab.run(listPresent, [NOW + 1000])).reply).toEqual([
      ...[String(NOW + 1000), 'b', String(NOW + 1500)],
    ]);
    expect((await lab.run(notePresent, [NOW + 1200, 'c', 1000])).after).toEqual({
      present: [
        ['b', NOW + 1500],
        ['c', NOW + 2200],
      ],
    });
    expect((await lab.run(notePresent, [NOW + 1200, 'b', 0])).after).toEqual({
      present: [['c', NOW + 2200]],
    });
    expect(await lab.ttlMs('present')).toBeGreaterThan(0);
  });
});

describe('count-due', () => {
  it('counts what is due strictly before a time', async () => {
    await lab.given({
      jobs: [
        { id: '1', state: 'delayed', due: NOW + 10 },
        { id: '2', state: 'delayed', due: NOW + 20 },
      ],
    });
    expect((await lab.run(countDue, [NOW + 20])).reply).toBe(1);
    expect((await lab.run(countDue, [NOW + 21])).reply).toBe(2);
  });
});
