import type { Runtime, Timer } from './runtime.js';

/** Resolves with the calls, whatever they come to, at the latest after so many milliseconds. */
export async function within(runtime: Runtime, ms: number, calls: Promise<unknown>): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => {
    timer = runtime.setTimer(resolve, ms);
  });
  await Promise.race([calls.catch(() => {}), late]);
  timer?.cancel();
}
