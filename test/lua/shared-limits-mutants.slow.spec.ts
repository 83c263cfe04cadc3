import { afterAll, describe, expect, it } from '@jest/globals';
import type * as generated from '../../lib/redis/scripts.generated.js';
import { mutant } from '../simulation/mutant.js';
import { Random } from '../simulation/random.js';
import { lastingScripts } from '../simulation/simulated-scripts.js';
import { randomPrefix } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { type SharedNumbers, SharedWorld } from '../support/shared-world.js';

const client = connectTestRedis();
const SEEDS = 40;

const PLACES: SharedNumbers = { concurrency: 2, max: 0, durationMs: 0 };
const ONE: SharedNumbers = { concurrency: 1, max: 0, durationMs: 0 };
const STARTS: SharedNumbers = { concurrency: 0, max: 4, durationMs: 1500 };
const FEW_STARTS: SharedNumbers = { concurrency: 0, max: 1, durationMs: 300 };

/**
 * Scripts with one guard taken out, which the random test has to notice. That older leases are refused, and places given up at once, is shown by
 * shared-limits.spec.ts.
 */
const MUTANTS = [
  [PLACES, mutant('the home forgets what others have', 'limit.concurrency - lent', 'limit.concurrency')],
  [
    PLACES,
    mutant(
      'an outdated report lowers what a queue has',
      'own.number == number and has or math.max(own.places, has)',
      'has',
    ),
  ],
  [
    PLACES,
    mutant(
      'a lease begins when it arrives',
      'number, places, since + length, length,',
      'number, places, t + length, length,',
      ['takePlaces'],
    ),
  ],
  [
    PLACES,
    mutant(
      'jobs that run beyond a smaller lease are not counted',
      'own.places = math.max(own.places, places)',
      'own.places = places',
    ),
  ],
  [ONE, mutant('queues do not take turns', '(a.places > 0) ~= (b.places > 0)', 'false')],
  [FEW_STARTS, mutant('queues do not take turns for starts', 'a.turn < b.turn', 'a.id < b.id')],
  [FEW_STARTS, mutant('who has had a start stays first', 'own.turn, own.got', 'own.was, own.got')],
  [
    STARTS,
    mutant('starts are lent without counting', 'limit.started = used + starts', 'limit.started = used'),
  ],
  [
    STARTS,
    mutant(
      'starts of a window outlive it',
      "'until', string.format('%.0f', since + left)",
      "'until', string.format('%.0f', t + left)",
    ),
  ],
  [
    STARTS,
    mutant(
      'starts of one window count in the next',
      '(is_same_window and known.starts or 0) + starts',
      'known.starts + starts',
    ),
  ],
] as const;

afterAll(async () => {
  await client.quit();
});

describe('the random test of shared limits', () => {
  it.each(MUTANTS.map(([numbers, { name, patches }]) => ({ numbers, name, patches })))(
    'notices it where $name',
    async ({ numbers, patches }) => {
      const scripts = lastingScripts(patches) as unknown as typeof generated;
      const seen: string[] = [];
      for (let seed = 1; seed <= SEEDS && seen.length === 0; seed += 1) {
        const world = new SharedWorld(client, randomPrefix(), new Random(seed), numbers, scripts);
        await world.live().catch((error: unknown) => seen.push(String(error)));
        await world.clear();
      }
      expect(seen).toHaveLength(1);
      // Not for a script that cannot be run at all.
      expect(seen[0]).not.toContain('ERR');
    },
    200_000,
  );
});
