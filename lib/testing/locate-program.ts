import { delimiter } from 'node:path';
import { findProgram } from './find-program.js';
import { installProgram } from './install-program.js';
import type { SystemProgram } from './system-program.js';

// A fresh installation may land in a folder that this process's PATH leaves out.
const INSTALL_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** Where the program is, or the reason why it could not be installed: empty when that was not tried. */
export type Located = { path: string } | { path?: never; reason: string };

/** Finds a program on the PATH; one that is missing is installed when `install` allows it. */
export async function locateProgram(
  program: SystemProgram,
  install: boolean,
  report: (line: string) => void,
): Promise<Located> {
  const found = findProgram(program.names);
  if (found !== undefined) return { path: found };
  if (!install) return { reason: '' };

  const reason = await installProgram(program, report);
  if (reason !== '') return { reason };
  const folders = [process.env['PATH'] ?? '', ...INSTALL_FOLDERS].join(delimiter);
  const installed = findProgram(program.names, folders);
  return installed === undefined ? { reason: 'its package brought no such program' } : { path: installed };
}
