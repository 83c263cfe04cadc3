import type { Redis } from 'ioredis';
import { type ClientSimulationResult, simulateClients } from './client-simulation.js';

/**
 * Leaves out of a failing run as many faults and actions of users as it fails without, so that what is left to read is
 * what it takes.
 */
export async function shrink(
  redis: Redis,
  failing: ClientSimulationResult,
  budgetMs = 120_000,
): Promise<ClientSimulationResult> {
  const { seed } = failing;
  const until = performance.now() + budgetMs;
  const steps = Math.min(failing.steps, failing.asked);
  const skip = new Set<number>();
  let best = failing;
  for (let size = Math.ceil(failing.deliberate.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const left = best.deliberate.filter((step) => !skip.has(step));
    for (let first = 0; first < left.length && performance.now() < until; first += size) {
      const tried = new Set([...skip, ...left.slice(first, first + size)]);
      const result = await simulateClients(redis, { seed, steps, skip: tried });
      if (result.violation !== undefined) {
        tried.forEach((step) => skip.add(step));
        best = result;
      }
    }
  }
  return best;
}

/** What was done on purpose, and the last choices before the violation. */
export function describeClients(result: ClientSimulationResult): string {
  return [
    `seed ${result.seed}: ${result.violation} (step ${result.steps})`,
    `${result.deliberate.length} actions and faults:`,
    ...result.purposes,
    'the last choices:',
    ...result.trace,
  ].join('\n');
}
