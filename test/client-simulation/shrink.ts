import type { Redis } from 'ioredis';
import type { Patch } from '../simulation/simulated-scripts.js';
import { type ClientSimulationResult, simulateClients } from './client-simulation.js';

export interface ShrinkOptions {
  budgetMs?: number;
  /** How often it is tried with less. */
  mostRuns?: number;
  patches?: readonly Patch[];
}

/**
 * Leaves out of a failing run as many faults and actions of users as it fails without, so that what is left to read is
 * what it takes.
 */
export async function shrink(
  redis: Redis,
  failing: ClientSimulationResult,
  { budgetMs = 120_000, mostRuns = Infinity, patches = [] }: ShrinkOptions = {},
): Promise<ClientSimulationResult> {
  const { seed } = failing;
  const until = performance.now() + budgetMs;
  const steps = Math.min(failing.steps, failing.asked);
  // What fails on the way needs no end.
  const finale = failing.steps > failing.asked;
  const skip = new Set<number>();
  let best = failing;
  let runs = 0;
  for (
    let size = Math.ceil(failing.deliberate.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    const left = best.deliberate.filter((step) => step <= failing.asked && !skip.has(step));
    for (let first = 0; first < left.length && runs < mostRuns && performance.now() < until; first += size) {
      runs += 1;
      const tried = new Set([...skip, ...left.slice(first, first + size)]);
      const result = await simulateClients(redis, { seed, steps, skip: tried, patches, finale });
      if (result.violation !== undefined && (!finale || kindOf(result) === kindOf(failing))) {
        tried.forEach((step) => skip.add(step));
        best = result;
      }
    }
  }
  return best;
}

/** A violation whatever the job, process and time. At the end of a run another one is no shorter way to it. */
function kindOf({ violation }: ClientSimulationResult): string | undefined {
  return violation?.slice(0, 200).replace(/\S*\d\S*|parcels|orders/g, '#');
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
