import { afterAll, describe, expect, it } from '@jest/globals';
import { mutant } from '../simulation/mutant.js';
import { connectTestRedis } from '../support/redis.js';
import { simulateClients } from './client-simulation.js';
import { describeClients, shrink } from './shrink.js';

const client = connectTestRedis() as never;
const TIMEOUT_MS = 600_000;

/** What the runs must have come across to be worth anything. */
const SIGHTS = [
  ...[
    'add',
    'add a duplicate',
    'add a flow',
    'remove',
    'resume',
    'watch',
    'waitUntilFinished',
    'reopen events',
    'change a scheduler',
    'slots of steady',
    '2 of a group',
    'a batch of 2',
    'answer cancelling',
    'limit full',
    'a group is held up',
    'a queue is held up',
  ],
  ...['# freezes', '# is killed, # starts', 'replies to # are delayed', 'connection # breaks', 'close'],
];

afterAll(() => (client as { quit(): Promise<unknown> }).quit());

describe('the client that ships, in more simulated worlds', () => {
  const seen = new Set<string>();

  it.each([1, 2, 4, 5, 7, 11])(
    'keeps every promise for seed %i',
    async (seed) => {
      const result = await simulateClients(client, { seed, steps: 800 });

      [...result.seen.keys()].forEach((sight) => seen.add(sight));
      expect(result.violation === undefined ? '' : describeClients(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it('came across what it is there for', () => {
    expect(SIGHTS.filter((sight) => !seen.has(sight))).toEqual([]);
  });

  it(
    'shrinks a failing run to what it takes',
    async () => {
      const active = "    send('ZREM', q.active, moves.released)\n";
      const { patches } = mutant('a finished job stays active', active, '');
      const failing = await simulateClients(client, { seed: 1, steps: 600, patches });
      const shrunk = await shrink(client, failing, { mostRuns: 6, patches });

      expect(failing.violation).toBeDefined();
      expect(shrunk.violation).toBeDefined();
      expect(shrunk.deliberate.length).toBeLessThan(failing.deliberate.length);
      expect(describeClients(shrunk)).toContain('actions and faults:');
    },
    TIMEOUT_MS,
  );
});
