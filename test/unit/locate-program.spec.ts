import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { locateProgram } from '../../lib/testing/locate-program.js';
import { installAdvice } from '../../lib/testing/package-manager.js';
import type { SystemProgram } from '../../lib/testing/system-program.js';

const LAMP: SystemProgram = {
  what: 'lamp',
  names: ['lamp', 'lantern'],
  packages: { 'apt-get': [], apk: [], dnf: [], brew: ['no-lamp', 'lantern'] },
};

describe('a program of the system', () => {
  const { PATH } = process.env;
  const lines: string[] = [];
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwell-programs-'));
    process.env['PATH'] = folder;
    lines.length = 0;
  });
  afterEach(async () => {
    process.env['PATH'] = PATH;
    await rm(folder, { recursive: true, force: true });
  });

  const locate = (install: boolean) => locateProgram(LAMP, install, (line) => lines.push(line));

  async function addProgram(name: string, script = ''): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }

  it('is found on the PATH, by the first of its names', async () => {
    await addProgram('lantern');
    expect(await locate(true)).toEqual({ path: join(folder, 'lantern') });
    await addProgram('lamp');
    expect(await locate(true)).toEqual({ path: join(folder, 'lamp') });
    expect(lines).toEqual([]);
  });

  it('is not installed unless that is asked for', async () => {
    await addProgram('brew', 'exit 0');
    expect(await locate(false)).toEqual({ reason: '' });
    expect(lines).toEqual([]);
  });

  it('is installed by the package manager, by the first of its packages that there is', async () => {
    await addProgram('brew', `[ "$2" = lantern ] && /bin/cp "$0" ${join(folder, 'lantern')}`);
    expect(installAdvice(LAMP)).toBe('type `brew install no-lamp`');
    expect(await locate(true)).toEqual({ path: join(folder, 'lantern') });
    expect(lines).toEqual([
      'No lamp found; installing one: brew install no-lamp',
      'No lamp found; installing one: brew install lantern',
    ]);
  });

  it.each([
    ['exit 7', '`brew install no-lamp` ended with 7'],
    ['exit 0', 'its package brought no such program'],
  ])('is missing, with a reason, after %j', async (script, reason) => {
    await addProgram('brew', script);
    expect(await locate(true)).toEqual({ reason });
  });

  it('is missing where no package manager is known', async () => {
    expect(await locate(true)).toEqual({ reason: 'no known package manager is here to install it' });
    expect(installAdvice(LAMP)).toBeUndefined();
  });
});
