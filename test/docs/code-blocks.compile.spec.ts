import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { codeBlocks } from './code-blocks.js';
import { completeBlock } from './complete-block.js';

const ROOT = join(import.meta.dirname, '..', '..');
const BLOCKS = codeBlocks(ROOT);

/** As `nest new` writes it with --strict. */
const NEST_OPTIONS = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  resolvePackageJsonExports: true,
  esModuleInterop: true,
  isolatedModules: true,
  declaration: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  target: 'ES2023',
  types: ['node'],
  skipLibCheck: true,
  strict: true,
  strictPropertyInitialization: false,
};

describe('code of the documentation compiles in an application of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepwell-docs-'));
  let report = '';

  beforeAll(async () => {
    layOut(folder);
    report = await compile(folder);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(BLOCKS.map(({ place }, i) => ({ place, i })))('$place', ({ i }) => {
    expect(report.split('\n').filter((line) => line.startsWith(`${fileOf(i)}(`))).toEqual([]);
  });

  it('and the compiler has nothing else to say', () => {
    expect(report.split('\n').filter((line) => /error TS/.test(line) && !/^block-\d+/.test(line))).toEqual(
      [],
    );
    expect(BLOCKS.length).toBeGreaterThan(30);
  });
});

function fileOf(index: number): string {
  return `block-${index}.ts`;
}

/** The blocks beside the packed library, as they are in an application that has installed it. */
function layOut(folder: string): void {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'stepwell'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => !each.startsWith('.'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  copyFileSync(join(ROOT, 'package.json'), join(modules, 'stepwell', 'package.json'));
  symlinkSync(join(ROOT, 'dist'), join(modules, 'stepwell', 'dist'));
  copyFileSync(join(import.meta.dirname, 'prelude.d.ts'), join(folder, 'prelude.d.ts'));
  BLOCKS.forEach((block, i) => writeFileSync(join(folder, fileOf(i)), completeBlock(block)));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'reader', type: 'module' }));
  // Else a link would be followed to where the library is no package, and every type of it could be named.
  const compilerOptions = { ...NEST_OPTIONS, preserveSymlinks: true, outDir: 'dist' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
}

function compile(folder: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler, '-p', 'tsconfig.json', '--pretty', 'false'],
      { cwd: folder },
      (_error, out) => resolve(out),
    );
  });
}
