import { afterAll, describe, expect, it } from '@jest/globals';
import { connectTestRedis } from '../support/redis.js';
import { simulateClients } from './client-simulation.js';

const client = connectTestRedis();

afterAll(() => client.quit());

describe('the client that ships, in a simulated world', () => {
  it.each([1, 2, 3])('keeps every promise for seed %i', async (seed) => {
    const result = await simulateClients(client as never, { seed, steps: 2000 });

    expect(result.violation === undefined ? '' : [result.violation, ...result.trace].join('\n')).toBe('');
  }, 60_000);
});
