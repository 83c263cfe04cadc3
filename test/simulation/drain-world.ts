import { Violation } from './violation.js';
import type { World } from './world.js';

const ROUNDS = 400;

/** Ends all faults: from here on every job must come to its end, and nothing may be left over. */
export async function drainWorld(world: World): Promise<void> {
  world.loss = 0;
  for (const worker of world.workers) worker.frozen = false;
  for (const session of world.clients) await world.repeat(session);
  for (const worker of world.workers) {
    for (const session of worker.sessions) await world.repeat(session, worker);
  }
  for (const queue of world.queues) await queue.call({ script: 'pauseQueue', args: [0], rest: [] });
  for (let round = 0; round < ROUNDS; round += 1) {
    if (unfinished(world) === 0) return;
    await world.pass(world.options.limitMs);
    for (const worker of world.workers) {
      await world.recover(worker);
      const entries = worker.held
        .slice(0, 10)
        .map(({ id, token }) => ['complete', id, token, '1', '5,,'] as const);
      await world.commit(worker, worker.sessions[0]!, entries, 5);
    }
  }
  throw new Violation(`${unfinished(world)} jobs did not come to their end; now ${world.now}`);
}

function unfinished({ queues }: World): number {
  return queues.reduce((sum, { snapshot }) => {
    const { waiting, prioritized, delayed, active } = snapshot.places;
    return sum + waiting.size + prioritized.size + delayed.size + active.size;
  }, 0);
}
