import type { ScriptRunner } from '../redis/script-runner.js';
import type { Runtime } from '../runtime/runtime.js';

/** A relay, as far as the host compares it. */
export type RestingRelay = object;

/** What a relay needs of the outbox relay of its process. */
export interface RelayHost {
  /** Names this process. */
  readonly holder: string;
  readonly runtime: Runtime;
  runner(base: string): ScriptRunner;
  /** A queue's outbox holds something: to be looked at in so many milliseconds. */
  nudge(base: string, lookInMs: number): void;
  failed(error: unknown): void;
  /** So many messages of that queue cannot be read. */
  laidAside(base: string, count: number): void;
  /** Makes a call that may be repeated, until there is a reply or the host closes. */
  call(run: () => Promise<unknown>): Promise<unknown>;
  /** Takes leave of a relay that has nothing to do and remembers nothing that matters. */
  rested(base: string, relay: RestingRelay): void;
}
