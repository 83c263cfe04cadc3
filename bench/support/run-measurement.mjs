import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('./measure.mjs', import.meta.url));
const timeoutMs = 180_000;

// Runs one measurement in a fresh Node process, so that no peer meets code or garbage that another left behind.
// A measurement that fails is a result too: `{ error }`.
export async function runMeasurement(args) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(args)], {
      timeout: timeoutMs,
    });
    return JSON.parse(stdout);
  } catch (error) {
    return {
      error: error.killed ? `no result within ${timeoutMs} ms` : error.stderr?.trim() || error.message,
    };
  }
}
