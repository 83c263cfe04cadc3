import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { inRoot, root } from './paths.mjs';

const SOURCES = ['lib', 'test/support', 'test/simulation', 'test/client-simulation'];
/** Not simulated, and written with decorators; of the test kit no more than its virtual time. */
const LEFT_OUT = /^lib\/(nest|compat)\/|^lib\/testing\/(?!virtual-|seeded-random)|^lib\/index\.ts$/;
const MODULES = [
  'simulation/simulation',
  'simulation/mutants',
  'client-simulation/client-simulation',
  'client-simulation/client-mutants',
  'client-simulation/shrink',
  'support/redis',
];

const folders = new Set();
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/**
 * The simulation without jest, which would only be in the way of a run of hours: its sources compiled into a folder
 * of this repository, so that they find its packages.
 */
export async function compileSimulation() {
  const folder = ownFolder('simulation');
  const files = SOURCES.flatMap(typescriptIn).filter((file) => !LEFT_OUT.test(relative(root, file)));
  await Promise.all(files.map((file) => compile(file, readFileSync(file, 'utf8'), folder)));
  return folder;
}

/** Adds specs, named as in `test/`, to a compiled simulation. */
export async function compileSpecs(folder, specs) {
  const files = specs.map((spec) => inRoot('test', spec));
  await Promise.all(files.map((file) => compile(file, readFileSync(file, 'utf8'), folder)));
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
  await compile(source, parts.join(to), copy);
  return copy;
}

function ownFolder(name) {
  const folder = inRoot('.stepwell', `${name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  folders.add(folder);
  return folder;
}

function typescriptIn(folder) {
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}

async function compile(file, text, folder) {
  const target = `${folder}/${relative(root, file).replace(/\.ts$/, '.js')}`;
  const { code } = await transform(text, {
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
    module: { type: 'es6' },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}
