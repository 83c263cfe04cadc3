import type { Runtime } from './runtime.js';

/** Resolves after `ms`, at once when the signal is aborted; leaves neither a timer nor a listener. */
export function sleep(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = runtime.setTimer(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) {
      end();
    }
  });
}
