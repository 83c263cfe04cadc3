// `node scripts/complete-lock.mjs`, after dependencies were changed: adds to package-lock.json the optional packages for
// other systems that the registry at hand did not have. npm leaves such packages out of the file, and then `npm ci`
// refuses it everywhere. Their exact versions are those that their parent names; only their checksums are lacking.
import { readFileSync, writeFileSync } from 'node:fs';
import { inRoot } from './setup/paths.mjs';

const SYSTEM =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)(?:-(\w+))?$/;

const file = inRoot('package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = Object.entries(lock.packages).flatMap(([path, parent]) => missingOf(path, parent));
for (const [path, entry] of added) lock.packages[path] = entry;

const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} packages for other systems added`);

function missingOf(parentPath, parent) {
  return Object.entries(parent.optionalDependencies ?? {}).flatMap(([name, version]) => {
    const path = `node_modules/${name}`;
    const isThere = lock.packages[path] ?? lock.packages[`${parentPath}/${path}`];
    const system = SYSTEM.exec(name);
    return isThere !== undefined || system === null ? [] : [[path, entryFor(version, system, parent)]];
  });
}

function entryFor(version, [, os, cpu, abi = ''], { dev }) {
  const libc = abi.startsWith('musl') ? ['musl'] : abi === 'gnu' ? ['glibc'] : undefined;
  return { version, cpu: [cpu], dev, libc, optional: true, os: [os] };
}
