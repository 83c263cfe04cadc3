import { cpSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { compileFile, compileSources, ownFolder } from './compile-sources.mjs';
import { inRoot } from './paths.mjs';

const SOURCES = ['lib', 'test/support', 'test/simulation', 'test/client-simulation'];
/** Not simulated; of the test kit no more than its virtual time. */
const LEFT_OUT = /^lib\/(nest|compat)\/|^lib\/testing\/(?!virtual-|seeded-random)|^lib\/index\.ts$/;
const MODULES = [
  'simulation/simulation',
  'simulation/mutants',
  'simulation/limits/simulate-limits',
  'simulation/limits/limit-mutants',
  'simulation/slot-simulation',
  'simulation/slot-mutants',
  'client-simulation/client-simulation',
  'client-simulation/client-mutants',
  'client-simulation/shrink',
  'support/redis',
];

/** The simulation without jest, which would only be in the way of a run of hours. */
export function compileSimulation() {
  return compileSources(SOURCES, ownFolder('simulation'), LEFT_OUT);
}

/** Adds specs, named as in `test/`, to a compiled simulation. */
export async function compileSpecs(folder, specs) {
  const files = specs.map((spec) => inRoot('test', spec));
  await Promise.all(files.map((file) => compileFile(file, readFileSync(file, 'utf8'), folder)));
}

/** What a compiled simulation exports. */
export async function loadSimulation(folder) {
  const modules = await Promise.all(
    MODULES.map((name) => import(pathToFileURL(`${folder}/test/${name}.js`).href)),
  );
  return Object.assign({}, ...modules);
}

/** A copy of a compiled simulation whose client has one text changed. Fails where that is not there exactly once. */
export async function compileMutant(folder, { name, file, from, to }) {
  const source = inRoot('lib', file);
  const parts = readFileSync(source, 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times the text of "${name}"`);
  const copy = ownFolder('mutant');
  cpSync(folder, copy, { recursive: true });
  await compileFile(source, parts.join(to), copy);
  return copy;
}
