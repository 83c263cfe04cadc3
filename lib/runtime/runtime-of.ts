import type { Runtime } from './runtime.js';
import { systemRuntime } from './system-runtime.js';

const runtimes = new WeakMap<object, Runtime>();

/** Makes everything that uses these connection options, or this client, live in another runtime. */
export function bindRuntime(connection: object, runtime: Runtime): void {
  runtimes.set(connection, runtime);
}

/** The runtime of whatever uses a connection: the process as it is, unless another one was bound to it. */
export function runtimeOf(connection: unknown): Runtime {
  return (typeof connection === 'object' && connection !== null && runtimes.get(connection)) || systemRuntime;
}
