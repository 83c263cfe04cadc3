import { randomBytes, randomUUID } from 'node:crypto';
import type { Runtime, Timer } from './runtime.js';

/** Timers of Node run at once when they are set for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The process as it is. */
export const systemRuntime: Runtime = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  scriptTime: () => 0,
  setTimer(run, ms, { background = false } = {}) {
    return ms > LONGEST_TIMER_MS ? longTimer(run, ms, background) : timer(run, ms, background);
  },
  setRepeating(run, ms) {
    const interval = setInterval(run, Math.min(ms, LONGEST_TIMER_MS));
    return { cancel: () => clearInterval(interval), refresh: () => void interval.refresh() };
  },
  setSoon: (run) => void setImmediate(run),
  random: Math.random,
  uniqueId: () => randomBytes(9).toString('base64url'),
  uuid: randomUUID,
};

function timer(run: () => void, ms: number, background: boolean): Timer {
  const timeout = setTimeout(run, ms);
  if (background) {
    timeout.unref();
  }
  return { cancel: () => clearTimeout(timeout), refresh: () => void timeout.refresh() };
}

/** One leg after another. */
function longTimer(run: () => void, ms: number, background: boolean): Timer {
  let leg: Timer;
  const go = (leftMs: number): void => {
    leg =
      leftMs > LONGEST_TIMER_MS
        ? timer(() => go(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS, background)
        : timer(run, leftMs, background);
  };
  go(ms);
  return {
    cancel: () => leg.cancel(),
    refresh: () => {
      leg.cancel();
      go(ms);
    },
  };
}
