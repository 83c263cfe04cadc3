import type { RedisClient } from '../../lib/redis/client.js';
import { addJobs, operate, waitSome } from './client-steps.js';
import { drainWorld } from './drain-world.js';
import { Random } from './random.js';
import { SimulatedQueue } from './simulated-queue.js';
import { simulatedScripts, type Patch } from './simulated-scripts.js';
import { Violation } from './violation.js';
import { workerStep } from './worker-steps.js';
import { drawOptions, World, type WorldOptions } from './world.js';

export interface SimulationResult {
  seed: number;
  options: WorldOptions;
  /** Steps that were made, up to the violation if there is one. */
  steps: number;
  violation: string | undefined;
  lastCalls: string[];
  /** Of all calls, answers and states: equal for equal runs. */
  trace: string;
  seen: Map<string, number>;
}

const AUDIT_EVERY = 250;

/**
 * Plays producers, workers and operators as one random order of script calls in virtual time. Redis runs scripts one at
 * a time, so the order of calls is all the concurrency that an engine of scripts has.
 */
export async function simulate(
  client: RedisClient,
  { seed, steps, patches = [] }: { seed: number; steps: number; patches?: readonly Patch[] },
): Promise<SimulationResult> {
  const random = new Random(seed);
  const options = drawOptions(random, seed);
  const queue = await SimulatedQueue.open(client, simulatedScripts(patches), {
    deduplicates: options.deduplicated > 0,
  });
  const world = new World(queue, random, options);
  let step = 0;
  let violation: string | undefined;
  try {
    for (; step < steps; step += 1) {
      await takeStep(world);
      if (step % AUDIT_EVERY === AUDIT_EVERY - 1) await queue.audit();
    }
    await drainWorld(world);
    await queue.audit();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  } finally {
    await queue.close();
  }
  return {
    seed,
    options,
    steps: step,
    violation,
    lastCalls: queue.lastCalls,
    trace: queue.traceHash(),
    seen: queue.seen,
  };
}

async function takeStep(world: World): Promise<void> {
  const { random, options } = world;
  const step = random.weighted([
    [options.deduplicated > 0 ? 32 : 16, addJobs],
    [12, operate],
    [18, waitSome],
    [60, workerStep(random)],
  ] as const);
  await step(world);
}

/** A failed run in a few lines, with what to type to see it again. */
export function describeRun({ seed, options, steps, violation, lastCalls }: SimulationResult): string {
  return [
    `seed ${seed}, step ${steps}: ${violation ?? 'no violation'}`,
    `options ${JSON.stringify(options)}`,
    ...lastCalls.map((line) => `  ${line}`),
    `again: npm run simulate -- --seed ${seed} --steps ${steps + 1}`,
  ].join('\n');
}
