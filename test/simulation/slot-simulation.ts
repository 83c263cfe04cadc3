import type { RedisClient } from '../../lib/redis/client.js';
import { randomPrefix } from '../support/queue-name.js';
import { Random } from './random.js';
import { START } from './simulated-queue.js';
import { type Patch, simulatedScripts } from './simulated-scripts.js';
import { SimulationLog } from './simulation-log.js';
import { GRID, PLANNED, slotsAfter, SlotWorld } from './slot-world.js';
import { Violation } from './violation.js';

export interface SlotResult {
  seed: number;
  steps: number;
  violation: string | undefined;
  lastCalls: string[];
  trace: string;
  seen: Map<string, number>;
}

const AUDIT_EVERY = 40;
const STEADY = { every: GRID, missed: 'all' } as const;

/**
 * Job schedulers in a random order of script calls: replies get lost, calls come twice, workers die, the clock jumps, forwards and
 * back. Of schedulers that make up for all, each slot fires once, whatever happens; another one has one run at a time.
 */
export async function simulateSlots(
  client: RedisClient,
  { seed, steps, patches = [] }: { seed: number; steps: number; patches?: readonly Patch[] },
): Promise<SlotResult> {
  const random = new Random(seed);
  const prefix = randomPrefix();
  const log = new SimulationLog(prefix);
  const world = new SlotWorld(client, simulatedScripts(patches), prefix, random, log);
  const overlap = random.pick(['skip', 'queue']);
  let step = 0;
  let violation: string | undefined;
  try {
    const loss = world.loss;
    world.loss = 0;
    await world.upsert('steady', STEADY);
    const slots = slotsAfter(world.now, world.now);
    await world.upsert('planned', { missed: 'all', slots: slots.join(',') });
    await world.upsert('lone', { every: 300, missed: 'last', overlap });
    world.loss = loss;
    for (; step < steps; step += 1) {
      await takeStep(world, random, log);
      if (step % AUDIT_EVERY === 0) await world.audit();
    }
    await world.finish();
    await world.audit();
    for (const [id, first, every] of [
      ['steady', START, GRID],
      ['planned', slots[0]!, PLANNED],
    ] as const) {
      const next = Number(await world.record(id, 'slot'));
      const count = Math.round((next - first) / every);
      world.ledger.checkAll(
        id,
        Array.from({ length: count }, (_, i) => first + i * every),
      );
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message.replaceAll(prefix, '');
  } finally {
    await world.close();
  }
  const { lastCalls, seen } = log;
  return { seed, steps: step, violation, lastCalls, trace: log.traceHash(), seen };
}

function takeStep(world: SlotWorld, random: Random, log: SimulationLog): Promise<unknown> {
  const jump = async (ms: number): Promise<void> => {
    log.count(ms < 0 ? 'clock set back' : 'clock jumped');
    world.now += ms;
  };
  return random.weighted<() => Promise<unknown>>([
    [30, () => world.work()],
    [10, async () => (world.now += random.int(0, 900))],
    [4, () => world.recover()],
    [3, () => world.upsert('steady', STEADY)],
    [1, () => world.kill()],
    [0.3, () => jump(random.int(5000, 40_000))],
    [0.5, () => jump(-random.int(1, 3000))],
    [3, () => upsertLoose(world, random)],
    [1, () => world.ask('removeScheduler', ['loose'])],
    [5, () => world.ask('pauseScheduler', ['loose', random.int(0, 1)])],
    [1, () => world.ask('runScheduler', ['loose'])],
    [1, () => world.plan('planned')],
  ])();
}

function upsertLoose(world: SlotWorld, random: Random): Promise<unknown> {
  return world.upsert('loose', {
    every: random.pick([50, 400, 3000]),
    missed: random.pick(['skip', 'last', 'all']),
    most: random.int(1, 5),
    overlap: random.pick(['allow', 'skip', 'queue']),
    spec: random.pick([',,,', ',5,,', ',,1,']),
    ...(random.chance(0.2) ? { limit: random.int(0, 3) } : {}),
    ...(random.chance(0.2) ? { ends: world.now + 1000 } : {}),
    ...(random.chance(0.2) ? { start: world.now + random.int(-500, 500) } : {}),
    ...(random.chance(0.2) ? { jitter: 20, spread: 7 } : {}),
  });
}

/** A failed run in a few lines. */
export function describeSlots({ seed, steps, violation, lastCalls }: SlotResult): string {
  return [
    `seed ${seed}, step ${steps}: ${violation ?? 'no violation'}`,
    ...lastCalls.map((line) => `  ${line}`),
    `again: npm run simulate -- --slots --seed ${seed} --steps ${steps + 1}`,
  ].join('\n');
}
