import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from '@swc/core';

/** Compiles the TypeScript files of a folder and of those in it, without checking types, so that a child process of a test can run them. */
export async function transpileFolder(
  from: string,
  to: string,
  leftOut: readonly string[] = [],
): Promise<void> {
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'package.json'), '{ "type": "module" }');
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isDirectory() && !leftOut.includes(name)) {
      await transpileFolder(join(from, name), join(to, name), leftOut);
    }
    if (!name.endsWith('.ts')) continue;
    const { code } = await transform(await readFile(join(from, name), 'utf8'), {
      swcrc: false,
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript' },
        transform: { verbatimModuleSyntax: true },
      },
      module: { type: 'es6' },
    });
    await writeFile(join(to, name.replace(/\.ts$/, '.js')), code);
  }
}
