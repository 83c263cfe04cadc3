import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { transform } from '@swc/core';
import { inRoot, root } from './paths.mjs';

const folders = new Set();
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder of this repository, so that what is compiled into it finds its packages. It is gone when this process ends. */
export function ownFolder(name) {
  const folder = inRoot('.stepwell', `${name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  folders.add(folder);
  return folder;
}

/** Compiles the TypeScript of `sources`, folders of this repository, into `folder`, without checking types. */
export async function compileSources(sources, folder, leftOut = /^$/) {
  const files = sources.flatMap(typescriptIn).filter((file) => !leftOut.test(relative(root, file)));
  await Promise.all(files.map((file) => compileFile(file, readFileSync(file, 'utf8'), folder)));
  return folder;
}

/** Compiles one file, whose text may have been changed. */
export async function compileFile(file, text, folder) {
  const target = `${folder}/${relative(root, file).replace(/\.ts$/, '.js')}`;
  const { code } = await transform(text, {
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
    },
    module: { type: 'es6' },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code);
}

function typescriptIn(folder) {
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}
