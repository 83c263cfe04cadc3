// `npm run faults [-- rows…] [--seed N] [--on stepwell,bullmq] [--short] [--json file] [--write docs/faults.md]`: real servers,
// real processes, real faults, and a table of what survived. See faults/README.md.
import { pathToFileURL } from 'node:url';
import { compileSources, ownFolder } from './setup/compile-sources.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { readOptions } from './setup/options.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

const USAGE =
  'npm run faults -- [rows…] [options]: real servers, processes and faults, and a table of what survived; without a row, all of them';

const OPTIONS = {
  seed: { number: 1, about: 'of the rows that draw' },
  on: { text: '', about: 'systems, split by commas: else all, and with --short Stepwell alone' },
  short: { flag: true, about: 'the short selection, which is what CI runs' },
  json: { text: '', about: 'a file for the results, written after each row' },
  resume: { flag: true, about: 'go on with the results in --json' },
  server: { text: '', about: 'the program of another server' },
  write: { text: '', about: 'a page whose table is written anew, such as docs/faults.md' },
  matrix: { flag: true, about: 'some tests and rows on each server that can be had' },
};

await main(async () => {
  const options = readOptions(process.argv.slice(2), USAGE, OPTIONS, 'rows');
  if (!options) return 0;
  await withSetupLock(ensureDependencies);
  const folder = await compileSources(['lib', 'test/support', 'faults'], ownFolder('faults'));
  const { runFaults } = await import(pathToFileURL(`${folder}/faults/run-faults.js`).href);
  return runFaults(options);
});
