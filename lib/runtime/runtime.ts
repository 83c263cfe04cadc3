/** A timer that was set. */
export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void;
  /** Starts its time anew. */
  refresh(): void;
}

/** What is known of a timer besides when it fires. */
export interface TimerOptions {
  /** Whether the process may end before. */
  background?: boolean;
  /**
   * Whether it looks after things and comes again, as renewals and checks do. In a quiet time that a test leaps over such
   * timers stand still.
   */
  upkeep?: boolean;
  /** Whether somebody waits for the end of what it limits, so that time has to go on by itself where a test drives it. */
  pressing?: boolean;
}

/** Follows the work of a process. Only a test does. */
export interface WorkObserver {
  /** A run has begun. */
  began(run: object, jobKey: string): void;
  /** A run is over, whatever it returns. */
  ended(run: object): void;
  /** Whether the process counts as killed at that point of a job, such as `after charge`. */
  dies(jobKey: string, point: string): boolean;
  /** What has gone wrong is noticed within so many milliseconds by timers of upkeep. */
  noticedWithin(ms: number): void;
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
  /** Calls `run` once after `ms`, however long that is. */
  setTimer(run: () => void, ms: number, options?: TimerOptions): Timer;
  /** Calls `run` every `ms` until cancelled. */
  setRepeating(run: () => void, ms: number): Timer;
  /** Calls `run` after the I/O that is there to be handled. */
  setSoon(run: () => void): void;
  /** At least 0, below 1. */
  random(): number;
  /** 12 characters, of letters, digits, `-` and `_`, that no other process comes up with. */
  uniqueId(): string;
  uuid(): string;
  /** Undefined in production. */
  readonly observer?: WorkObserver | undefined;
}
