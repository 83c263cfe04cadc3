import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { playCommits, withoutPath, withPath } from '../support/plain-commits.js';
import { ScriptLab } from '../support/script-lab.js';

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);

const lab = ScriptLab.open();

/** What the path could get wrong: a text of it, and what to put in its place. */
const FAULTS: [fault: string, from: string, to: string][] = [
  ['a token is not compared', 'if not text or string.sub(text, 1, #held) ~= held or', 'if not text or'],
  [
    'a job is completed twice',
    '    if seen[id] then\n      return nil',
    '    if false then\n      return nil',
  ],
  ['a deduplication is not released', "if not kept or dedup_id ~= '' or link", 'if not kept or link'],
  ['a parent is not told', 'or link ~= NO_PARENT then', 'then'],
  ['a started job stays in the list', "redis.call('LTRIM', q.waiting, starts, '-1')", ''],
  ['a job that was started before is taken for a new one', 'or (text and not text.asked) then', 'then'],
  ['a hash is written over', 'return not has_hash(found, keys, count + 1) and ids', 'return ids'],
  [
    'prioritized jobs are passed over',
    "elseif redis.call('ZCARD', q.prioritized) > 0 then",
    'elseif false then',
  ],
  ['a due job stays delayed', 'or (due and due <= now) then\n    return nil', 'then\n    return nil'],
  ['a paused queue goes on', 'if meta[1] or meta[3]', 'if meta[3]'],
  ['too many are kept', 'elseif excess and excess > 0 then', 'elseif false then'],
  [
    'nobody says that the queue is drained',
    "elseif ends > 0 and not due and redis.call('ZCARD'",
    "elseif false and redis.call('ZCARD'",
  ],
  ['the next worker is not woken', 'if relay == 1 and is_more then', 'if false then'],
  ['events are not counted', 'count = count + ends', 'count = count'],
  ['what is kept differs', ' or ARGV[at + 4] ~= ids.keep', ''],
];

describe('the path of plain jobs in commit', () => {
  it.each(SEEDS)('comes to what the rest comes to, seed %i', async (seed) => {
    expect(await playCommits(lab, seed, withPath)).toEqual(await playCommits(lab, seed, withoutPath));
  });

  it.each(FAULTS)('would show that %s', async (_fault, from, to) => {
    const patched = lastingScripts([{ from, to, only: ['commit'] }]).commit;

    let parts = false;
    for (const seed of SEEDS) {
      if (parts) break;
      const without = await playCommits(lab, seed, withoutPath);
      parts = !isDeepStrictEqual(await playCommits(lab, seed, patched).catch(String), without);
    }

    expect(parts).toBe(true);
  });
});
