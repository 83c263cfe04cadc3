import type { Runtime } from '../../lib/runtime/runtime.js';
import { systemRuntime } from '../../lib/runtime/system-runtime.js';

/** The process as it is, but for timers and deadlines: these pass so many times as fast. For tests of what takes seconds by itself. */
export function fasterRuntime(times: number): Runtime {
  return {
    ...systemRuntime,
    monotonicMs: () => systemRuntime.monotonicMs() * times,
    setTimer: (run, ms, options) => systemRuntime.setTimer(run, ms / times, options),
    setRepeating: (run, ms) => systemRuntime.setRepeating(run, ms / times),
  };
}
