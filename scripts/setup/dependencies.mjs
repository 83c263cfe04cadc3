import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './paths.mjs';
import { runNpm } from './run.mjs';

/** Installs exactly what package-lock.json names, unless it is there already. */
export async function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  console.error('Installing dependencies (npm ci)…');
  // Scripts and tests need the development dependencies, whatever NODE_ENV says.
  const { code } = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) throw new Error(`npm ci ended with ${code}`);
}

/**
 * npm writes node_modules/.package-lock.json as the last act of an install and removes it first, so that comparing it
 * with package-lock.json also finds an install that was interrupted.
 */
function dependenciesAreCurrent() {
  const installed = readPackages(inRoot('node_modules', '.package-lock.json'));
  const wanted = readPackages(inRoot('package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return existDirectDependencies(entry);
    const present = installed[path];
    if (present === undefined) return isOptionalHere(entry);
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function existDirectDependencies({ dependencies, devDependencies }) {
  const names = Object.keys({ ...dependencies, ...devDependencies });
  return names.every((name) => existsSync(inRoot('node_modules', name, 'package.json')));
}

// Optional packages for other systems are left out, and so is whatever only they depend on.
function isOptionalHere({ optional, os, cpu, libc }) {
  if (!optional) return false;
  if (os === undefined && cpu === undefined) return true;
  return !(fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, libcFamily()));
}

function fits(allowed, actual) {
  return allowed === undefined || actual === undefined || allowed.includes(actual);
}

function libcFamily() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
