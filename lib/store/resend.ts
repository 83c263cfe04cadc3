import type { Runtime } from '../runtime/runtime.js';
import { sleep } from '../runtime/sleep.js';
import { isBroken, isPassing } from '../redis/redis-failure.js';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/**
 * Sends a numbered call again while Redis is loading, failing over or out of reach, as long as `keepTrying` says so.
 * Safe because a repeat of a numbered call changes nothing.
 */
export async function resend<T>(
  runtime: Runtime,
  call: () => Promise<T>,
  keepTrying: () => boolean,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!(isPassing(error) || isBroken(error)) || !keepTrying()) {
        throw error;
      }
    }
    await sleep(runtime, pause);
  }
}
