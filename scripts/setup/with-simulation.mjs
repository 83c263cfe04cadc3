import { buildLibrary } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { compileSimulation, loadSimulation } from './load-simulation.mjs';
import { startRedis } from './redis.mjs';
import { withSetupLock } from './setup-lock.mjs';

/** Runs `action` with the simulation, a client of a Redis that is there for it alone, and the folder of what was compiled. */
export async function withSimulation(action) {
  await withSetupLock(async () => {
    await ensureDependencies();
    await buildLibrary();
  });
  const redis = await startRedis();
  process.env.STEPWELL_TEST_REDIS_URL = redis.url;
  try {
    const folder = await compileSimulation();
    const simulation = await loadSimulation(folder);
    const client = simulation.connectTestRedis();
    try {
      return await action(simulation, client, folder);
    } finally {
      await client.quit();
    }
  } finally {
    await redis.stop();
  }
}
