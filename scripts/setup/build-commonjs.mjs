import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { transform } from '@swc/core';
import { inRoot } from './paths.mjs';

const AT_A_TIME = 16;

/**
 * Writes what was compiled once more as CommonJS, for those who cannot require ES modules, such as jest. Declarations are the
 * same in both. Gives the files that it wrote.
 * @param emitted files below `output`, which are ES modules
 */
export async function buildCommonJs(output, emitted) {
  const folder = `${output}/cjs`;
  const written = [];
  const write = async (file, text) => {
    const target = `${folder}/${relative(output, file)}`;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
    written.push(target);
  };
  const sources = emitted.filter((file) => file.endsWith('.js') || file.endsWith('.d.ts'));
  for (let first = 0; first < sources.length; first += AT_A_TIME) {
    await Promise.all(
      sources.slice(first, first + AT_A_TIME).map(async (file) => {
        const text = await readFile(file, 'utf8');
        await write(file, file.endsWith('.js') ? await toCommonJs(text, file) : text);
      }),
    );
  }
  await write(`${output}/package.json`, '{ "type": "commonjs" }\n');
  return written.map((file) => relative(inRoot(), file));
}

/** Files that import what a user has written, which may be an ES module: their `import()` stays what it is. */
const IMPORTS_OTHERS = /\/sandbox\/child-main\.js$/;

async function toCommonJs(text, file) {
  const { code } = await transform(text.replace(/^\/\/# sourceMappingURL=.*$/m, ''), {
    swcrc: false,
    configFile: false,
    jsc: { target: 'es2022', parser: { syntax: 'ecmascript' }, keepClassNames: true },
    module: { type: 'commonjs', ignoreDynamic: IMPORTS_OTHERS.test(file), importInterop: 'node' },
  });
  return code;
}
