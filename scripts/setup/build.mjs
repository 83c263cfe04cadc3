import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inRoot, root } from './paths.mjs';
import { runNode } from './run.mjs';

const TSC = inRoot('node_modules', 'typescript', 'bin', 'tsc');

/** Compiles lib/ to dist/, when the sources differ from those of the last build. Gives whether types were right. */
export function buildLibrary() {
  return build({
    ...{ name: 'lib', project: 'tsconfig.build.json', sources: 'lib', output: 'dist' },
    // Loaded where it is needed: what it stands on is installed later than this file is read.
    after: async (emitted) => (await import('./build-commonjs.mjs')).buildCommonJs(inRoot('dist'), emitted),
    alsoDependsOn: ['scripts/setup/build-commonjs.mjs'],
  });
}

/** Compiles the sample app; it imports the built library, so build that first. */
export function buildSampleApp() {
  return build({
    name: 'sample-app',
    project: 'sample-app/tsconfig.json',
    sources: 'sample-app/src',
    output: 'sample-app/dist',
    // Its types are checked against the library's declarations.
    alsoDependsOn: ['lib', 'sample-app/tsconfig.json'],
  });
}

async function build({ name, project, sources, output, after, alsoDependsOn = [] }) {
  const stampFile = inRoot('.stepwell', `${name}.build`);
  const inputs = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', sources, ...alsoDependsOn];
  const hash = hashOf(inputs);
  if (isCurrent(stampFile, hash)) return true;

  console.error(`Building ${name}…`);
  rmSync(stampFile, { force: true });
  const { code, output: text } = await runNode([TSC, '-p', inRoot(project), '--listEmittedFiles'], {
    capture: true,
  });
  const lines = text.split('\n');
  const compiled = lines.filter((line) => line.startsWith('TSFILE: ')).map((line) => line.slice(8).trim());
  const more = code === 0 && after ? await after(compiled) : [];
  const emitted = [...compiled.map((file) => relative(root, file)), ...more];
  removeOthers(inRoot(output), new Set(emitted));
  if (code === 0) {
    mkdirSync(inRoot('.stepwell'), { recursive: true });
    writeFileSync(stampFile, [hash, ...emitted].join('\n'));
    return true;
  }
  process.stderr.write(lines.filter((line) => !line.startsWith('TSFILE: ')).join('\n'));
  return false;
}

// The stamp lists what was written, so that a half-deleted dist/ is not taken for a whole one.
function isCurrent(stampFile, hash) {
  if (!existsSync(stampFile)) return false;
  const [stampedHash, ...emitted] = readFileSync(stampFile, 'utf8').split('\n');
  return stampedHash === hash && emitted.every((file) => existsSync(inRoot(file)));
}

// What was compiled from a source that is gone would still be found by an import.
function removeOthers(folder, emitted) {
  for (const file of filesIn(folder)) {
    if (!emitted.has(relative(root, file))) rmSync(file);
  }
}

function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap((input) => filesIn(inRoot(input))).toSorted()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!existsSync(path)) return [];
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`);
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
}
