import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inRoot } from './paths.mjs';

const MAX_AGE_MS = 15 * 60_000;
const folder = inRoot('.stepwell');
const file = inRoot('.stepwell', 'setup.lock');

/** Runs `action` while no other process of this repository is inside one: installs and builds must not mix. */
export async function withSetupLock(action) {
  mkdirSync(folder, { recursive: true });
  let announced = false;
  while (!takeLock()) {
    if (!isHeld())
      rmSync(file, { force: true }); // Its holder is dead.
    else if (!announced) {
      announced = true;
      console.error('Waiting for another process that is setting up…');
    }
    await delay(100 + Math.random() * 100);
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await action();
  } finally {
    process.off('exit', release);
    release();
  }
}

function takeLock() {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isHeld() {
  try {
    // A dead holder's process id may have gone to another process since.
    if (Date.now() - statSync(file).mtimeMs > MAX_AGE_MS) return false;
    process.kill(Number(readFileSync(file, 'utf8')) || process.pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
