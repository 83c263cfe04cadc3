// `npm run check [-- step…]`: everything but the tests, each step with its duration, up to the first failure.
import { existsSync, readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { checkPackage } from './setup/check-package.mjs';
import { buildLibrary, buildSampleApp } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { main } from './setup/main.mjs';
import { inRoot } from './setup/paths.mjs';
import { runNode } from './setup/run.mjs';
import { withSetupLock } from './setup/setup-lock.mjs';

const CRUISED = ['lib', 'sample-app/src', 'sample-app/test', 'test'];

const steps = {
  format: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  lint: () => tool('oxlint/bin/oxlint'),
  floors: () => tool('dependency-cruiser/bin/dependency-cruise.mjs', ...CRUISED.filter(exists)),
  lua: () =>
    exists('scripts/generate-lua.mjs') && runNode(['scripts/generate-lua.mjs', '--check'], { capture: true }),
  reference: () => runNode(['scripts/generate-reference.mjs', '--check'], { capture: true }),
  // Links in doc comments that lead nowhere are errors.
  api: () => tool('typedoc/bin/typedoc', '--emit', 'none'),
  types: () => tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  build: () => withSetupLock(async () => ({ code: (await buildLibrary()) ? 0 : 1, output: '' })),
  // After the build, because they see the declarations that a user of the package sees.
  'type-tests': () =>
    hasTypeTests() && tool('typescript/bin/tsc', '--noEmit', '-p', 'test/types/tsconfig.json'),
  'compile-tests': () => runNode(['scripts/test.mjs', '--tier', 'compile'], { capture: true }),
  'sample-app': () =>
    exists('sample-app/src') &&
    withSetupLock(async () => ({ code: (await buildSampleApp()) ? 0 : 1, output: '' })),
  package: () => checkPackage(),
};

await main(async () => {
  await withSetupLock(ensureDependencies);
  const chosen = process.argv.slice(2);
  for (const unknown of chosen.filter((name) => steps[name] === undefined)) {
    throw new Error(`There is no step ${unknown}; the steps are ${Object.keys(steps).join(', ')}.`);
  }
  for (const name of chosen.length > 0 ? chosen : Object.keys(steps)) {
    if (!(await passes(name))) return 1;
  }
  return 0;
});

async function passes(name) {
  const startMs = performance.now();
  const result = await steps[name]();
  const took = `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  if (result === false) {
    console.log(`- ${name}: nothing there yet`);
    return true;
  }
  if (result.code === 0) {
    console.log(`✓ ${name} (${took})`);
    return true;
  }
  console.log(`${result.output.trimEnd()}\n✗ ${name} (${took})`);
  return false;
}

function tool(program, ...args) {
  return runNode([inRoot('node_modules', program), ...args], { capture: true });
}

function exists(path) {
  return existsSync(inRoot(path)) && (!path.includes('sample-app/') || readdirSync(inRoot(path)).length > 0);
}

function hasTypeTests() {
  return readdirSync(inRoot('test', 'types')).some((name) => name.endsWith('.spec-d.ts'));
}
