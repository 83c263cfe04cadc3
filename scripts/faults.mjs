// `npm run faults [-- rows…] [--seed N] [--on stepwell,bullmq] [--short] [--json file] [--write docs/faults.md]`: real servers,
// real processes, real faults, and a table of what survived. See faults/README.md.
import { pathToFileURL } from 'node:url';
import { compileSources, ownFolder } from './setup/compile-sources.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

await main(async () => {
  await withSetupLock(ensureDependencies);
  const folder = await compileSources(['lib', 'test/support', 'faults'], ownFolder('faults'));
  const { runFaults } = await import(pathToFileURL(`${folder}/faults/run-faults.js`).href);
  return runFaults(process.argv.slice(2));
});
