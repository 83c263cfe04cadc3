import type { Timer } from '../runtime/runtime.js';
import { systemRuntime } from '../runtime/system-runtime.js';

/** An application may enable its hooks when it has been initialized. */
const SETTLED_MS = 1000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Calls back a moment after the start where no signal that ends the process is listened to, as `enableShutdownHooks` does. */
export function sayMissingShutdownHooks(say: () => void, settledMs = SETTLED_MS): Timer {
  return systemRuntime.setTimer(
    () => {
      if (SIGNALS.every((signal) => process.listenerCount(signal) === 0)) say();
    },
    settledMs,
    { background: true },
  );
}
