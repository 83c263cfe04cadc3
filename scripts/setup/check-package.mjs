import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLibrary } from './build.mjs';
import { inRoot } from './paths.mjs';
import { runNode, runNpm } from './run.mjs';
import { NEST_NEW, tryNestNew } from './try-nest-new.mjs';

const NEST = { 'reflect-metadata': '^0.2.0', rxjs: '^7.8.0' };
// What the programs use besides, as applications do.
const COMPANIONS = { 'class-transformer': '^0.5.1', 'class-validator': '^0.15.0', 'nestjs-cls': '^6.3.0' };

const HTTP = {
  '@opentelemetry/api': '^1.9.0',
  '@opentelemetry/context-async-hooks': '^2.0.0',
  '@opentelemetry/core': '^2.0.0',
  '@opentelemetry/sdk-trace-base': '^2.0.0',
};
/** Of Nest, in the version of its core. */
const SERVERS = ['@nestjs/platform-express', '@nestjs/platform-fastify', '@nestjs/terminus'];

const hasEngine = existsSync(inRoot('lib', 'engine.ts'));
const hasNest = existsSync(inRoot('lib', 'nest')) && existsSync(inRoot('lib', 'index.ts'));

// Who installs the package, and which programs of test/package/ run there.
const CONSUMERS = [
  {
    name: 'without-nest',
    dependencies: { rxjs: '^7.8.0' },
    programs: [
      'embedded-redis',
      ...(hasEngine ? ['engine-alone', 'without-nest', 'bullmq-app', 'test-kit'] : []),
    ],
  },
  ...['^11.0.0', '^12.0.0'].map((range) => ({
    name: `nest-${range.slice(1, 3)}`,
    dependencies: {
      ...{ ...NEST, ...COMPANIONS, ...HTTP, '@nestjs/common': range, '@nestjs/core': range },
      ...Object.fromEntries(SERVERS.map((name) => [name, range])),
    },
    programs: hasNest
      ? ['nest-app', 'nest-enhancers', 'nest-http', 'nestjs-bullmq-app', 'nest-test-kit']
      : ['embedded-redis'],
  })),
];

/**
 * Packs the library as it would be published, installs that file as users do, and there compiles and runs each program
 * both as an ES module and as CommonJS. Then the applications that `nest new` makes, with their own tests and builds.
 */
export async function checkPackage() {
  const folder = await mkdtemp(join(tmpdir(), 'stepwell-package-'));
  try {
    if (!(await buildLibrary())) throw new Failure('The library has type errors.');
    await demandNoInternals();
    const tarball = await pack(folder);
    for (const consumer of CONSUMERS) await tryConsumer(join(folder, consumer.name), consumer, tarball);
    for (const app of hasNest ? NEST_NEW : []) {
      const output = await tryNestNew(folder, app, tarball, demand);
      if (!output.includes('it works')) throw new Failure(`${app.name} did not say that it works\n${output}`);
    }
    return { code: 0, output: '' };
  } catch (error) {
    if (error instanceof Failure) return { code: 1, output: error.message };
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Failure extends Error {}

/** What is marked as internal is left out of declarations; where a mark is left, what it stands for is too. */
async function demandNoInternals() {
  const files = (await readdir(inRoot('dist'), { recursive: true })).filter((file) => file.endsWith('.d.ts'));
  for (const file of files) {
    if ((await readFile(inRoot('dist', file), 'utf8')).includes('@internal')) {
      throw new Failure(`dist/${file} shows what is marked as internal.`);
    }
  }
}

async function pack(folder) {
  // Without scripts: `prepack` would build once more.
  const output = await demand(
    'npm pack',
    runNpm(['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], {
      capture: true,
    }),
  );
  const report = JSON.parse(
    output.slice(output.indexOf('[\n') === -1 ? output.indexOf('{') : output.indexOf('[\n')),
  );
  const [{ filename, files }] = Array.isArray(report) ? report : Object.values(report);
  await demandFiles(files.map(({ path }) => path));
  return join(folder, filename);
}

// What package.json promises has to be in the file, and sources and tests have not.
async function demandFiles(packed) {
  const { exports } = JSON.parse(await readFile(inRoot('package.json'), 'utf8'));
  if (!hasEngine) delete exports['./engine'];
  if (!hasNest) delete exports['.'];
  const filesOf = (target) =>
    typeof target === 'string' ? [target] : Object.values(target).flatMap(filesOf);
  const promised = Object.values(exports).flatMap(filesOf);
  const wanted = [...promised.map((path) => path.slice(2)), 'LICENSE', 'README.md', 'CHANGELOG.md'];
  const missing = wanted.filter((path) => !packed.includes(path));
  const unwanted = packed.filter((path) => /^(lib|test|bench|sample-app|scripts)\//.test(path));
  if (missing.length > 0) throw new Failure(`The package lacks ${missing.join(', ')}.`);
  if (unwanted.length > 0) throw new Failure(`The package contains ${unwanted.join(', ')}.`);
}

async function tryConsumer(folder, { name, dependencies, programs }, tarball) {
  await mkdir(folder);
  const packageJson = { private: true, dependencies: { ...dependencies, stepwell: `file:${tarball}` } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(packageJson));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig()));
  for (const program of programs) {
    for (const kind of ['mts', 'cts']) {
      await copyFile(inRoot('test', 'package', `${program}.ts`), join(folder, `${program}.${kind}`));
    }
  }
  const options = { capture: true, cwd: folder };
  const install = [
    'install',
    '--ignore-scripts',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  ];
  await demand(`${name}: npm install`, runNpm([...install, '--loglevel=error'], options));
  await demand(`${name}: types`, runNode([inRoot('node_modules', 'typescript', 'bin', 'tsc')], options));
  for (const program of programs) {
    for (const kind of ['mjs', 'cjs']) {
      const file = `${program}.${kind}`;
      const output = await demand(`${name}: ${file}`, runNode([file], options));
      if (!output.includes('it works'))
        throw new Failure(`${name}: ${file} did not say that it works\n${output}`);
    }
  }
}

async function demand(what, running) {
  const { code, output } = await running;
  if (code !== 0) throw new Failure(`${what} ended with ${code}\n${output}`);
  return output;
}

function tsconfig() {
  return {
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      // Node's own types come from here: the folder holds only what a user of the package installs.
      types: ['node'],
      typeRoots: [inRoot('node_modules', '@types')],
    },
  };
}
