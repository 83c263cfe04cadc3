import type { RedisClient } from '../../../lib/redis/client.js';
import { randomPrefix } from '../../support/queue-name.js';
import { Random } from '../random.js';
import { lastingScripts, type Patch } from '../simulated-scripts.js';
import { Violation } from '../violation.js';
import { LimitedQueue } from './limited-queue.js';
import { LimitedWorld } from './limited-world.js';

export interface LimitSimulationResult {
  seed: number;
  steps: number;
  violation: string | undefined;
  seen: ReadonlyMap<string, number>;
}

/**
 * A queue with limits, whose users change them while its jobs run, fail, are cancelled and taken back. A limit is never exceeded,
 * whoever may start does, in the order of the queue, and what was cancelled never completes.
 */
export async function simulateLimits(
  client: RedisClient,
  { seed, steps, patches = [] }: { seed: number; steps: number; patches?: readonly Patch[] },
): Promise<LimitSimulationResult> {
  const queue = new LimitedQueue(client, lastingScripts(patches), randomPrefix());
  const world = new LimitedWorld(queue, new Random(seed));
  let step = 0;
  let violation: string | undefined;
  try {
    for (; step < steps; step += 1) await world.step();
    await world.finish();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  } finally {
    await queue.close();
  }
  return { seed, steps: step, violation, seen: queue.seen };
}

/** A failed run in a line, with what to type to see it again. */
export function describeLimits({ seed, steps, violation }: LimitSimulationResult): string {
  return `seed ${seed}, step ${steps}: ${violation}; again: npm run simulate -- --limits --seed ${seed}`;
}
