import { buildLibrary } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { loadSimulation } from './load-simulation.mjs';
import { startRedis } from './redis.mjs';
import { withSetupLock } from './setup-lock.mjs';

/** Runs `action` with the simulation and a client of a Redis that is there for it alone. */
export async function withSimulation(action) {
  await withSetupLock(async () => {
    await ensureDependencies();
    await buildLibrary();
  });
  const redis = await startRedis();
  process.env.STEPWELL_TEST_REDIS_URL = redis.url;
  try {
    const simulation = await loadSimulation();
    const client = simulation.connectTestRedis();
    try {
      return await action(simulation, client);
    } finally {
      await client.quit();
    }
  } finally {
    await redis.stop();
  }
}
