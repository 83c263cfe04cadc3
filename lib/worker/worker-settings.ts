import { type Silence, silenceOf } from '../job/silence.js';
import { CALL_TIMEOUT_MS } from '../store/patience.js';
import type { BatchOptions } from './batch-options.js';
import type { BatchWorkerOptions, WorkerOptions } from './worker-options.js';

const LOCK_MS = 30_000;
const STALLED_INTERVAL_MS = 30_000;
const DRAIN_DELAY_S = 5;
const LIMIT_DELAY_MS = 30_000;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;
/** While Redis works on one call, this process prepares the next. */
const COMMIT_SESSIONS = 2;
const SMALLEST_BATCH = 5;
const LARGEST_BATCH = 200;

/** What follows from a worker's options where they say nothing, and what its parts call it. */
export interface WorkerSettings {
  lockMs: number;
  /** `Infinity` for none. */
  renewMs: number;
  drainDelayMs: number;
  /** While a rate limit holds: it may be lifted before its time. */
  lookAgainMs: number;
  callTimeoutMs: number;
  stalled: { intervalMs: number; maxStalls: number; maxEventBytes: number };
  silence: Silence;
  batch: BatchOptions | undefined;
  /** Jobs that are taken before there is a slot for them. */
  ahead: number;
}

export function settingsOf(opts: WorkerOptions | BatchWorkerOptions): WorkerSettings {
  const lockMs = opts.lockDuration ?? LOCK_MS;
  const drainDelayMs = (opts.drainDelay ?? DRAIN_DELAY_S) * 1000;
  return {
    lockMs,
    renewMs: opts.skipLockRenewal ? Infinity : (opts.lockRenewTime ?? lockMs / 2),
    drainDelayMs,
    lookAgainMs: Math.min(drainDelayMs, opts.maximumRateLimitDelay ?? LIMIT_DELAY_MS),
    // What a processor asks for is of use to it as long as its lock may be held.
    callTimeoutMs: opts.callTimeout ?? Math.max(lockMs, CALL_TIMEOUT_MS),
    stalled: {
      intervalMs: opts.stalledInterval ?? STALLED_INTERVAL_MS,
      maxStalls: opts.maxStalledCount ?? 1,
      maxEventBytes: opts.maxEventBytes ?? MAX_EVENT_BYTES,
    },
    silence: silenceOf(lockMs),
    batch: opts.batch as BatchOptions | undefined,
    ahead: opts.prefetch ?? 0,
  };
}

/** How large a worker's calls are, and how many there are at a time. */
export function commitOptions(
  { batch, ahead }: WorkerSettings,
  slots: () => number,
): { sessions: number; entries: () => number } {
  return {
    sessions: COMMIT_SESSIONS,
    entries: () =>
      batch?.size ??
      Math.min(Math.max(Math.ceil((slots() + ahead) / COMMIT_SESSIONS), SMALLEST_BATCH), LARGEST_BATCH),
  };
}
