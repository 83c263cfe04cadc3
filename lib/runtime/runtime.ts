/** A timer that was set. */
export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void;
  /** Starts its time anew. */
  refresh(): void;
}

/**
 * All that a process takes from the world around it apart from Redis: time, timers and chance. Everything else in the
 * library gets them from here, so that a test or a simulation can be the world.
 */
export interface Runtime {
  /** Time of day in ms. It may jump, also backwards. */
  now(): number;
  /** Time in ms that only goes forward, from an unspecified beginning. For deadlines. */
  monotonicMs(): number;
  /** What scripts are given as the time in ms; 0 makes them take the time of Redis. */
  scriptTime(): number;
  /**
   * Calls `run` once after `ms`, however long that is.
   * @param background whether the process may end before
   */
  setTimer(run: () => void, ms: number, background?: boolean): Timer;
  /** Calls `run` every `ms` until cancelled. */
  setRepeating(run: () => void, ms: number): Timer;
  /** Calls `run` after the I/O that is there to be handled. */
  setSoon(run: () => void): void;
  /** At least 0, below 1. */
  random(): number;
  /** 12 characters, of letters, digits, `-` and `_`, that no other process comes up with. */
  uniqueId(): string;
  uuid(): string;
}
