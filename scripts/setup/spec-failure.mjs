import { spawnSync } from 'node:child_process';
import { inRoot } from './paths.mjs';

/** Runs compiled specs of a compiled simulation, named as in `test/`. Returns the first test that fails, '' for none. */
export function specFailure(folder, specs, timeoutMs) {
  const config = {
    rootDir: folder,
    transform: {},
    testMatch: specs.map((spec) => `<rootDir>/test/${spec.replace(/\.ts$/, '.js')}`),
    testTimeout: 20_000,
  };
  const program = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--experimental-vm-modules', '--no-warnings', program, '--config', JSON.stringify(config)];
  const { stderr, status, error } = spawnSync(process.execPath, [...args, '--runInBand', '--forceExit'], {
    encoding: 'utf8',
    timeout: timeoutMs,
  });
  if (error) return `it does not end: ${error.message}`;
  if (status === 0) return '';
  return /● (.*)/.exec(stderr)?.[1] ?? `the specs cannot run: ${stderr.trim()}`;
}
