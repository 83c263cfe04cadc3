import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { inRoot, root } from './paths.mjs';

const SOURCES = ['lib', 'test/support', 'test/simulation', 'test/client-simulation'];
/** Not simulated, and written with decorators. */
const LEFT_OUT = /^lib\/(nest|testing)\/|^lib\/index\.ts$/;

/**
 * The simulation without jest, which would only be in the way of a run of hours: its sources compiled into a folder
 * of this repository, so that they find its packages.
 */
export async function loadSimulation() {
  const folder = inRoot('.stepwell', `simulation-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const source of SOURCES.flatMap(typescriptIn).filter((file) => !LEFT_OUT.test(relative(root, file)))) await compile(source, folder);
  const load = (file) => import(pathToFileURL(`${folder}/test/${file}`).href);
  const [simulation, clients, shrinking, mutants, redis] = await Promise.all([
    load('simulation/simulation.js'),
    load('client-simulation/client-simulation.js'),
    load('client-simulation/shrink.js'),
    load('simulation/mutants.js'),
    import(pathToFileURL(`${folder}/test/support/redis.js`).href),
  ]);
  return { ...simulation, ...clients, ...shrinking, ...mutants, ...redis };
}

function typescriptIn(folder) {
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}

async function compile(file, folder) {
  const target = `${folder}/${relative(root, file).replace(/\.ts$/, '.js')}`;
  const { code } = await transform(readFileSync(file, 'utf8'), {
    swcrc: false,
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
    module: { type: 'es6' },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}
