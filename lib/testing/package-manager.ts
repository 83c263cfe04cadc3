import { findProgram } from './find-program.js';

/** How one system's package manager puts a Redis server on the machine. */
export interface PackageManager {
  /** Tried in turn until one full sequence succeeds: the same server goes by different names. */
  readonly recipes: readonly (readonly (readonly string[])[])[];
  /** What a person would type, without `sudo`. */
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

const MANAGERS: Readonly<Record<string, PackageManager>> = {
  'apt-get': {
    recipes: [
      [
        [...APT, 'update'],
        [...APT, 'install', '-y', '--no-install-recommends', 'redis-server'],
      ],
      [[...APT, 'install', '-y', '--no-install-recommends', 'valkey-server']],
    ],
    advice: 'apt-get install redis-server',
    needsRoot: true,
  },
  apk: {
    recipes: [[['apk', 'add', '--no-cache', 'redis']], [['apk', 'add', '--no-cache', 'valkey']]],
    advice: 'apk add redis',
    needsRoot: true,
  },
  dnf: {
    recipes: [[['dnf', 'install', '-y', 'redis']], [['dnf', 'install', '-y', 'valkey']]],
    advice: 'dnf install redis',
    needsRoot: true,
  },
  brew: {
    recipes: [[['brew', 'install', 'redis']]],
    advice: 'brew install redis',
    needsRoot: false,
  },
};

/** The package manager on this machine, or undefined where there is none that is known here. */
export function findPackageManager(): PackageManager | undefined {
  for (const [program, manager] of Object.entries(MANAGERS)) {
    if (findProgram([program]) !== undefined) return manager;
  }
  return undefined;
}

/** What to type to have a Redis server here, as the end of a sentence. */
export function installAdvice(): string {
  const manager = findPackageManager();
  const orUrl = 'or set REDIS_URL to the address of a server you have';
  if (manager === undefined)
    return `install Redis 6.2 or newer (or Valkey) with your system's packages, ${orUrl}`;
  const sudo = manager.needsRoot && process.getuid?.() !== 0 ? 'sudo ' : '';
  return `type \`${sudo}${manager.advice}\`, ${orUrl}`;
}
