import type { Runtime } from './runtime.js';
import { sleep } from './sleep.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** Tries until it works; returns undefined when the signal is aborted before. */
export async function retryUntilAborted<T>(
  runtime: Runtime,
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const value = await attempt();
      return signal.aborted ? undefined : value;
    } catch (error) {
      if (!signal.aborted) {
        onError(error);
        await sleep(runtime, pauseMs, signal);
      }
    }
  }
  return undefined;
}
