import type { ScriptRunner } from '../redis/script-runner.js';
import type { Runtime } from '../runtime/runtime.js';

/** What a courier needs of the post office of its process. */
export interface CourierOffice {
  /** Names this process. */
  readonly holder: string;
  readonly runtime: Runtime;
  readonly isClosed: boolean;
  runner(base: string): ScriptRunner;
  /** A queue's outbox holds something: to be looked at in so many milliseconds. */
  nudge(base: string, lookInMs: number): void;
  failed(error: unknown): void;
}
