import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inRoot } from './paths.mjs';
import { runNode, runNpm } from './run.mjs';

/** What checks the style of an application has no part in this. */
const STYLE = /eslint|oxlint|prettier|coverage|@nestjs\/mau|^globals$/;
const INSTALL = [
  'install',
  '--ignore-scripts',
  '--no-package-lock',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
];

/** The default application of Nest's command line in these versions, and the extension that its imports have. */
export const NEST_NEW = [
  { range: '^11.0.0', name: 'nest-new-11', extension: '' },
  { range: '^12.0.0', name: 'nest-new-12', extension: '.js' },
];

/**
 * Makes the application that `nest new` makes, adds the packed library and a module that uses it, and runs the application's own
 * `npm test`, `npm run build` and `npm run start:prod`, with its settings as they are.
 * @param demand runs a step and throws unless it succeeds
 */
export async function tryNestNew(folder, { range, name, extension }, tarball, demand) {
  const tool = join(folder, `${name}-tool`);
  await mkdir(tool);
  const cli = { private: true, dependencies: { '@nestjs/cli': range } };
  await writeFile(join(tool, 'package.json'), JSON.stringify(cli));
  await demand(`${name}: npm install of the command line`, npm(tool, [...INSTALL, '--loglevel=error']));
  const program = join(tool, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const args = ['new', name, '--skip-git', '--skip-install', '--package-manager', 'npm'];
  await demand(`${name}: nest new`, runNode([program, ...args], { capture: true, cwd: folder }));
  const app = join(folder, name);
  await change(app, tarball, extension);
  await demand(`${name}: npm install`, npm(app, [...INSTALL, '--loglevel=error']));
  await demand(`${name}: npm test`, npm(app, ['test']));
  await demand(`${name}: npm run build`, npm(app, ['run', 'build']));
  return demand(`${name}: npm run start:prod`, npm(app, ['run', 'start:prod']));
}

/** Its main file is one that ends, its module imports ours. All settings stay. */
async function change(app, tarball, extension) {
  const packageJson = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'));
  for (const name of Object.keys(packageJson.devDependencies).filter((each) => STYLE.test(each))) {
    delete packageJson.devDependencies[name];
  }
  packageJson.dependencies.stepwell = `file:${tarball}`;
  await writeFile(join(app, 'package.json'), JSON.stringify(packageJson));
  const from = inRoot('test', 'package', 'nest-new');
  for (const file of await readdir(from)) {
    await copyFile(join(from, file), join(app, 'src', file));
    await edit(join(app, 'src', file), (text) => text.replaceAll(/'(\.\/[\w.]+)\.js'/g, `'$1${extension}'`));
  }
  await edit(join(app, 'src', 'app.module.ts'), (text) =>
    `import { OrdersModule } from './orders${extension}';\n${text}`.replace(
      'imports: []',
      'imports: [OrdersModule]',
    ),
  );
}

async function edit(file, how) {
  await writeFile(file, how(await readFile(file, 'utf8')));
}

function npm(cwd, args) {
  return runNpm(args, { capture: true, cwd });
}
