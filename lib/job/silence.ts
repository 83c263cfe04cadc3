/** When it counts that nobody could reach Redis, and what follows: locks that expired meanwhile say nothing then. */
export interface Silence {
  /** Without a call of a worker for so long. */
  silenceMs: number;
  /** For so long holders may renew what expired meanwhile. */
  graceMs: number;
}

/** Whatever the locks: pauses shorter than this happen on any busy machine, and clients need time to connect again. */
const SHORTEST_SILENCE_MS = 1000;
const SHORTEST_GRACE_MS = 2000;

/**
 * A lock is renewed when half of it is over, so a Redis that is away for longer than the other half may cost it. Holders
 * that are alive renew within the time of one lock.
 */
export function silenceOf(lockMs: number): Silence {
  return {
    silenceMs: Math.max(Math.ceil(lockMs / 2), SHORTEST_SILENCE_MS),
    graceMs: Math.max(Math.ceil(lockMs), SHORTEST_GRACE_MS),
  };
}
