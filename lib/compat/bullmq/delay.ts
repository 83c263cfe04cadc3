import { systemRuntime } from '../../runtime/system-runtime.js';

/** Resolves after so many milliseconds, or when the controller aborts. */
export function delay(ms: number, controller?: Pick<AbortController, 'signal'>): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemRuntime.setTimer(done, ms);
    const signal = controller?.signal;
    function done(): void {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}
