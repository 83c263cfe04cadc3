import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { inRoot, root } from './paths.mjs';

const SOURCES = ['lib/runtime', 'lib/job', 'lib/redis', 'lib/events', 'test/support', 'test/simulation'];

/**
 * The simulation without jest, which would only be in the way of a run of hours: its sources compiled into a folder
 * of this repository, so that they find its packages.
 */
export async function loadSimulation() {
  const folder = inRoot('.stepwell', `simulation-${process.pid}`);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const source of SOURCES.flatMap(typescriptIn)) await compile(source, folder);
  const load = (file) => import(pathToFileURL(`${folder}/test/simulation/${file}`).href);
  const [simulation, mutants, redis] = await Promise.all([
    load('simulation.js'),
    load('mutants.js'),
    import(pathToFileURL(`${folder}/test/support/redis.js`).href),
  ]);
  return { ...simulation, ...mutants, ...redis };
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
