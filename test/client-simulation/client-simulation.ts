import type { Redis } from 'ioredis';
import type { ClientSimulationOptions } from './client-simulation-options.js';
import { ClientWorld } from './client-world.js';
import { Finale } from './finale.js';
import { withOrderedHashes } from './ordered-hashes.js';
import { ORDERS, PARCELS, TICKS } from './program.js';
import { Violated } from './violated.js';

export interface ClientSimulationResult {
  seed: number;
  /** Steps taken, those of the end included. */
  steps: number;
  asked: number;
  violation?: string;
  /** The last choices made. */
  trace: string[];
  /** Equal for equal runs. */
  digest: string;
  seen: ReadonlyMap<string, number>;
  /** Steps at which something was done on purpose. */
  deliberate: number[];
  /** A line for each of them. */
  purposes: string[];
}

/**
 * Several processes of an application with the client that ships, each in a world of its own, and the real Redis between
 * them. Every command, reply, timer, fault and user is a choice that follows from the seed. Two runs of one seed must not
 * share a server at the same time: ids that follow from the names of keys are part of what is repeated.
 */
export async function simulateClients(
  redis: Redis,
  options: ClientSimulationOptions,
): Promise<ClientSimulationResult> {
  const prefix = `world-${options.seed}`;
  await erase(redis, prefix);
  const world = new ClientWorld(redis, prefix, options);
  const unhandled = (error: unknown): void => {
    world.ledger.faults.push(`unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  };
  const handlers = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', unhandled);
  try {
    return await withOrderedHashes(redis, () => play(world, options));
  } finally {
    process.off('unhandledRejection', unhandled);
    handlers.forEach((handler) => process.on('unhandledRejection', handler));
    await erase(redis, prefix);
  }
}

async function play(world: ClientWorld, options: ClientSimulationOptions): Promise<ClientSimulationResult> {
  let violation: string | undefined;
  try {
    await world.live(options.steps);
    if (options.finale !== false) await new Finale(world).play();
  } catch (error) {
    if (!(error instanceof Violated)) throw error;
    violation = error.message;
  }
  world.stop();
  const { seed, steps } = options;
  return {
    ...{ seed, steps: world.step, asked: steps, trace: world.trace.last, digest: world.trace.digest },
    ...(violation === undefined ? {} : { violation }),
    ...{ seen: world.ledger.counts, deliberate: world.trace.deliberate, purposes: world.trace.purposes },
  };
}

async function erase(redis: Redis, prefix: string): Promise<void> {
  for (const queue of [ORDERS, PARCELS, TICKS]) {
    const keys = await redis.keys(`${prefix}:{${queue}}:*`);
    if (keys.length > 0) await redis.unlink(...keys);
  }
}
