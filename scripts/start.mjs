// `npm start`: whatever is missing (dependencies, build, Redis), then the sample app in this process.
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildLibrary, buildSampleApp } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { inRoot } from './setup/paths.mjs';
import { startRedis } from './setup/redis.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

await main(async () => {
  await withSetupLock(async () => {
    await ensureDependencies();
    if (!(await buildLibrary())) throw new Error('The library has type errors.');
    if (!existsSync(inRoot('sample-app', 'src')))
      throw new Error('There is no sample app in sample-app/src.');
    if (!(await buildSampleApp())) throw new Error('The sample app has type errors.');
  });
  const redis = await startRedis();
  // The app finds its Redis as it would in production. Ours ends with this process.
  process.env.REDIS_URL = redis.url;
  await import(pathToFileURL(inRoot('sample-app', 'dist', 'main.js')).href);
});
