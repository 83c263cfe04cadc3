import { spawn } from 'node:child_process';
import { findProgram } from './find-program.js';
import { findPackageManager, type PackageManager } from './package-manager.js';
import type { SystemProgram } from './system-program.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;

/**
 * Installs a program by the system's package manager, where this process may do that without asking anyone: as root,
 * by a sudo that wants no password, or by a manager that needs neither.
 * Resolves to an empty string when done, else to the reason why it could not be.
 */
export async function installProgram(
  { what, packages }: SystemProgram,
  report: (line: string) => void,
): Promise<string> {
  const manager = findPackageManager();
  if (manager === undefined) return 'no known package manager is here to install it';
  const prefix = await privilegePrefix(manager);
  if (prefix === undefined) return 'it may not be installed without a password';

  const failures: string[] = [];
  for (const name of packages[manager.name]) {
    const installing = [...manager.install, name];
    report(`No ${what} found; installing one: ${[...prefix, ...withoutEnv(installing)].join(' ')}`);
    // A preparation that failed, such as an update of the lists, shows in how the installation ends.
    if (manager.prepare && failures.length === 0) await run([...prefix, ...manager.prepare]);
    const code = await run([...prefix, ...installing]);
    if (code === 0) return '';
    failures.push(`\`${withoutEnv(installing).join(' ')}\` ended with ${code ?? 'a signal'}`);
  }
  return failures[0] ?? 'none of its packages is known here';
}

async function privilegePrefix(manager: PackageManager): Promise<string[] | undefined> {
  const isRoot = process.getuid?.() === 0;
  if (!manager.needsRoot || isRoot) return [];
  if (findProgram(['sudo']) === undefined) return undefined;
  return (await run(['sudo', '-n', 'true'])) === 0 ? ['sudo', '-n'] : undefined;
}

function withoutEnv(command: readonly string[]): string[] {
  return command.filter((word) => word !== 'env' && !/^[A-Z_]+=/.test(word));
}

function run(command: readonly string[]): Promise<number | null> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    // Not `timeout`, whose timer would outlive a program that could not be started.
    const signal = AbortSignal.timeout(INSTALL_TIMEOUT_MS);
    const child = spawn(findProgram([program]) ?? program, args, { stdio: 'ignore', signal });
    child.once('error', ({ name }) => resolve(name === 'AbortError' ? null : 127));
    child.once('exit', (code) => resolve(code));
  });
}
