import { findProgram } from './find-program.js';
import type { PackageManagerName, SystemProgram } from './system-program.js';

/** How one system's package manager puts a package on the machine. */
export interface PackageManager {
  readonly name: PackageManagerName;
  /** Run once before the first installation. */
  readonly prepare?: readonly string[];
  /** The command that installs, without the package. */
  readonly install: readonly string[];
  /** What a person would type before the package, without `sudo`. */
  readonly advice: string;
  readonly needsRoot: boolean;
}

// Debian starts a service for the package, on the port a user may want for something else; run level 1 prevents that.
const APT = [
  'env',
  'DEBIAN_FRONTEND=noninteractive',
  'RUNLEVEL=1',
  'apt-get',
  '-o',
  'DPkg::Lock::Timeout=120',
];

const MANAGERS: readonly PackageManager[] = [
  {
    name: 'apt-get',
    prepare: [...APT, 'update'],
    install: [...APT, 'install', '-y', '--no-install-recommends'],
    advice: 'apt-get install',
    needsRoot: true,
  },
  { name: 'apk', install: ['apk', 'add', '--no-cache'], advice: 'apk add', needsRoot: true },
  { name: 'dnf', install: ['dnf', 'install', '-y'], advice: 'dnf install', needsRoot: true },
  { name: 'brew', install: ['brew', 'install'], advice: 'brew install', needsRoot: false },
];

/** The package manager on this machine, or undefined where there is none that is known here. */
export function findPackageManager(): PackageManager | undefined {
  return MANAGERS.find(({ name }) => findProgram([name]) !== undefined);
}

/** What to type to have the program here, or undefined where no package manager is known. */
export function installAdvice({ packages }: SystemProgram): string | undefined {
  const manager = findPackageManager();
  if (manager === undefined) return undefined;
  const sudo = manager.needsRoot && process.getuid?.() !== 0 ? 'sudo ' : '';
  return `type \`${sudo}${manager.advice} ${packages[manager.name][0]}\``;
}
