// `npm run build`: the library to dist/, when its sources have changed.
import { buildLibrary } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

await main(() =>
  withSetupLock(async () => {
    await ensureDependencies();
    return (await buildLibrary()) ? 0 : 1;
  }),
);
