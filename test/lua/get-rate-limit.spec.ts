import { describe, expect, it } from '@jest/globals';
import { getRateLimit } from '../../lib/redis/scripts.generated.js';
import { SEED_TIME as NOW, ScriptLab, type Seed } from '../support/script-lab.js';

const lab = ScriptLab.open();

const cases: [string, Seed, unknown][] = [
  ['no window', {}, ['0', 0]],
  ['an open window', { limiter: { count: 2, until: NOW + 100 } }, ['2', 100]],
  ['a window that has ended', { limiter: { count: 2, until: NOW } }, ['0', 0]],
  [
    'a window set before the clock was put back',
    { limiter: { count: 2, until: NOW + 3_600_000, length: 100 } },
    ['0', 0],
  ],
  ['a closing set before the clock was put back', { closedUntil: `${NOW + 3_600_000},50` }, ['0', 0]],
  ['one closed by hand', { limiter: { count: 2, until: NOW + 100 }, closedUntil: NOW + 50 }, ['closed', 50]],
  ['one that was closed by hand', { limiter: { count: 2, until: NOW + 100 }, closedUntil: NOW }, ['2', 100]],
];

describe('get-rate-limit', () => {
  it.each(cases)('tells of %s', async (_, seed, expected) => {
    await lab.given(seed);

    const { reply, before, after } = await lab.run(getRateLimit, [NOW]);

    expect(reply).toEqual(expected);
    expect(after).toEqual(before);
  });
});
