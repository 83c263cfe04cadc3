import type { Runtime } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import { CALL_TIMEOUT_MS } from './patience.js';

/** Nobody who closes something is kept waiting for longer: Redis may hang. */
const LONGEST_MS = 10_000;

/** What is about to close. */
interface Open {
  /** Resolves once nobody waits for a call. */
  idle(): Promise<void>;
  readonly isQuiet: boolean;
}

/**
 * Waits for the calls under way of who closes, in whatever state its connection is: for as long as such a call waits itself, and
 * no longer than 10 s. An operation of several calls, which follow one another, is under way until its last one.
 */
export async function lastCalls(
  runtime: Runtime,
  calls: Open,
  callTimeoutMs = CALL_TIMEOUT_MS,
): Promise<void> {
  await within(runtime, Math.min(callTimeoutMs, LONGEST_MS), untilQuiet(runtime, calls));
}

/** What goes on after a reply makes its next call before anything else is handled. */
async function untilQuiet(runtime: Runtime, calls: Open): Promise<void> {
  do {
    await calls.idle();
    await new Promise<void>((resolve) => runtime.setSoon(resolve));
  } while (!calls.isQuiet);
}
