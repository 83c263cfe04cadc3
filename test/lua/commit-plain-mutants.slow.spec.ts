import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { playCommits, withoutPath, withPath } from '../support/plain-commits.js';
import { ScriptLab } from '../support/script-lab.js';

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);

/** Some show in one seed of a hundred, which a busy machine takes its time for. */
const MOST_MS = 120_000;

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
  [
    'a parent is not told',
    "if not kept or dedup_id ~= '' or link ~= NO_PARENT then",
    "if not kept or dedup_id ~= '' then",
  ],
  ['a started job stays in the list', "redis.call('LTRIM', q.waiting, starts, '-1')", ''],
  ['a job that was started before is taken for a new one', 'or (text and not text.asked) then', 'then'],
  ['a hash is written over', 'return not has_hash(found, keys, count + 1) and ids', 'return ids'],
  [
    'prioritized jobs are passed over',
    "elseif redis.call('ZCARD', q.prioritized) > 0 then",
    'elseif false then',
  ],
  ['a due job stays delayed', 'if not seq or (due and due <= now) then', 'if not seq then'],
  ['a paused queue goes on', 'if meta[1] or meta[3]', 'if meta[3]'],
  ['too many are kept', 'elseif excess and excess > 0 then', 'elseif false then'],
  [
    'nobody says that the queue is drained',
    "elseif ends > 0 and not due and redis.call('ZCARD'",
    "elseif false and redis.call('ZCARD'",
  ],
  ['the next worker is not woken', 'if relay == 1 and is_more then', 'if false then'],
  ['events are not counted', 'count = count + ends', 'count = count'],
  [
    'a lone job is completed without its lock',
    'or not text or string.sub(text, 1, #held) ~= held or',
    'or not text or',
  ],
  [
    'a lone job releases no deduplication',
    "if not ended or dedup_id ~= '' or link ~= NO_PARENT then\n    return",
    'if not ended or link ~= NO_PARENT then\n    return',
  ],
  ['a lone hash is written over', "or (not fields and redis.call('EXISTS', q.job .. id) == 1) then", 'then'],
  ['a lone job that was started before is taken for a new one', 'or (fields and not fields.asked) or', 'or'],
  ['the oldest job stays for a lone one', 'if oldest then', 'if false then'],
  ['more than the oldest have to go for a lone one', 'or excess > 1 or', 'or'],
  ['the next worker is not woken for a lone job', 'if relay == 1 and want == 1 and', 'if false and'],
  ['nobody says that a lone job was the last', 'is_drained = not next_id and', 'is_drained = false and'],
  [
    'prioritized jobs are passed over for a lone one',
    "(is_more or redis.call('ZCARD', q.prioritized) > 0) then\n    return nil",
    'is_more then\n    return nil',
  ],
  [
    'a lone result of several lines is stored',
    "or string.find(result, '\\n', 1, true) then\n    return nil\n  end\n  local ended",
    'then\n    return nil\n  end\n  local ended',
  ],
  ['what is kept differs', ' or ARGV[at + 4] ~= ids.keep', ''],
];

describe('the paths of plain jobs in commit', () => {
  it.each(SEEDS)('come to what the rest comes to, seed %i', async (seed) => {
    expect(await playCommits(lab, seed, withPath)).toEqual(await playCommits(lab, seed, withoutPath));
  });

  it.each(FAULTS)(
    'would show that %s',
    async (_fault, from, to) => {
      const patched = lastingScripts([{ from, to, only: ['commit'] }]).commit;

      let parts = false;
      for (const seed of SEEDS) {
        if (parts) break;
        const without = await playCommits(lab, seed, withoutPath);
        parts = !isDeepStrictEqual(await playCommits(lab, seed, patched).catch(String), without);
      }

      expect(parts).toBe(true);
    },
    MOST_MS,
  );
});
