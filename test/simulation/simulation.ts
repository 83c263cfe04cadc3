import type { RedisClient } from '../../lib/redis/client.js';
import { randomPrefix } from '../support/queue-name.js';
import { addJobs, operate, waitSome } from './client-steps.js';
import { DEDUP_IDS } from './dedup-rule.js';
import { drainWorld } from './drain-world.js';
import { Random } from './random.js';
import { SimulatedQueue, START } from './simulated-queue.js';
import { simulatedScripts, type Patch } from './simulated-scripts.js';
import { SimulationLog } from './simulation-log.js';
import { Violation } from './violation.js';
import { workerStep } from './worker-steps.js';
import { drawOptions, type WorldOptions } from './world-options.js';
import { World } from './world.js';

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
  const prefix = randomPrefix();
  const [clock, log] = [{ now: START }, new SimulationLog(prefix)];
  const dedupIds = options.deduplicated > 0 ? DEDUP_IDS : [];
  const setup = { client, scripts: simulatedScripts(patches), prefix, clock, log, dedupIds };
  const queues = await Promise.all(options.queues.map((name) => SimulatedQueue.open(name, setup)));
  const world = new World(queues, random, options, clock, log);
  let step = 0;
  let violation: string | undefined;
  try {
    for (; step < steps; step += 1) {
      await takeStep(world);
      if (step % AUDIT_EVERY === AUDIT_EVERY - 1) await auditAll(queues);
    }
    await drainWorld(world);
    await auditAll(queues);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message.replaceAll(prefix, '');
  } finally {
    for (const queue of queues) await queue.close();
  }
  const { lastCalls, seen } = log;
  return { seed, options, steps: step, violation, lastCalls, trace: log.traceHash(), seen };
}

async function auditAll(queues: readonly SimulatedQueue[]): Promise<void> {
  for (const queue of queues) await queue.audit();
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
