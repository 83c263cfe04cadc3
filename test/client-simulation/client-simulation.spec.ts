import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { CLIENT_MUTANTS, SHORT_CLIENT_MUTANTS } from './client-mutants.js';
import { simulateClients } from './client-simulation.js';
import { describeClients } from './shrink.js';

const client = connectTestRedis() as never;
const TIMEOUT_MS = 120_000;

afterAll(() => (client as { quit(): Promise<unknown> }).quit());

describe('the client that ships, in a simulated world', () => {
  // Parcels in batches, and one by one.
  it.each([3, 4])(
    'keeps every promise for seed %i',
    async (seed) => {
      const result = await simulateClients(client, { seed, steps: 1100 });

      expect(result.violation === undefined ? '' : describeClients(result)).toBe('');
    },
    TIMEOUT_MS,
  );

  it(
    'makes the same run of the same seed',
    async () => {
      const { digest } = await simulateClients(client, { seed: 7, steps: 500, finale: false });

      expect((await simulateClients(client, { seed: 7, steps: 500, finale: false })).digest).toBe(digest);
      expect((await simulateClients(client, { seed: 8, steps: 100, finale: false })).digest).not.toBe(digest);
    },
    TIMEOUT_MS,
  );

  it('finds in the client what each mutant takes out, once', () => {
    const times = ({ file, from }: { file: string; from: string }): number =>
      readFileSync(`lib/${file}`, 'utf8').split(from).length - 1;

    expect(CLIENT_MUTANTS.length).toBeGreaterThanOrEqual(80);
    expect(SHORT_CLIENT_MUTANTS.filter((each) => !CLIENT_MUTANTS.some(({ name }) => name === each))).toEqual(
      [],
    );
    expect(CLIENT_MUTANTS.filter(({ spec }) => spec !== undefined)).toHaveLength(29);
    expect(CLIENT_MUTANTS.filter((each) => times(each) !== 1).map(({ name }) => name)).toEqual([]);
  });
});
