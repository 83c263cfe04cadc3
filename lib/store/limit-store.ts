import type { LimitOptions, LimitState, RateLimit } from '../job/limit.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  closeRateLimit,
  getLimits,
  limitQueue,
  pauseLimit,
  removeLimit,
  setLimit,
} from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';

/** Parts of a reply that describe one limit. */
export const LIMIT_PARTS = 11;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** What limits a queue as a whole, and the limits that jobs name. */
export interface QueueLimitState {
  concurrency: number | undefined;
  rate: RateLimit | undefined;
  active: number;
  named: LimitState[];
}

/** The limits of one queue: one method, one script. All may be repeated. */
export class LimitStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  /** Jobs at a time, 0 for any number. */
  setConcurrency(concurrency: number): Promise<string> {
    return this.repeat(() => this.scripts.run(limitQueue, ['concurrency', concurrency, 0]));
  }

  /** A `max` of 0 lifts it. */
  setRate(max: number, durationMs: number): Promise<string> {
    return this.repeat(() => this.scripts.run(limitQueue, ['rate', max, durationMs]));
  }

  /** Lets no job start for that long; 0 lifts what limits now. Returns ok or unchanged. */
  close(durationMs: number): Promise<string> {
    return this.repeat(() => this.scripts.run(closeRateLimit, [REDIS_TIME, durationMs]));
  }

  /**
   * Returns ok, unchanged or too-many.
   * @param keep whether a limit that is there stays as it is
   */
  set(name: string, limit: LimitOptions, keep = false): Promise<string> {
    const { concurrency = 0, max = 0, duration = 0, shared = false } = limit;
    const args = [name, concurrency, max, duration, keep ? 1 : 0, shared ? 1 : 0] as const;
    return this.repeat(() => this.scripts.run(setLimit, args));
  }

  /** Returns ok, unchanged or missing. */
  pause(name: string, paused: boolean): Promise<string> {
    return this.repeat(() => this.scripts.run(pauseLimit, [name, paused ? 1 : 0]));
  }

  /** Returns ok or missing. */
  remove(name: string): Promise<string> {
    return this.repeat(() => this.scripts.run(removeLimit, [name]));
  }

  /** All limits that jobs name, or only those of some names. */
  async read(names: readonly string[] = []): Promise<QueueLimitState> {
    const reply = (await this.calls.read(() => this.scripts.run(getLimits, [REDIS_TIME], names))) as (
      string | number
    )[];
    const [concurrency, max, duration, active, ...rest] = reply;
    const named: LimitState[] = [];
    for (let at = 0; at < rest.length; at += LIMIT_PARTS) {
      named.push(readLimit(rest.slice(at, at + LIMIT_PARTS)));
    }
    return {
      concurrency: numberIn(concurrency),
      rate: max === '' ? undefined : { max: Number(max), duration: Number(duration) },
      active: Number(active),
      named,
    };
  }

  private repeat(attempt: () => Promise<unknown>): Promise<string> {
    return this.calls.repeatable(attempt) as Promise<string>;
  }
}

/** What the parts of a reply say of a limit, see lua/shared/describe-limit.lua. */
export function readLimit(parts: readonly (string | number)[]): LimitState {
  const [name, isDefined, concurrency, max, duration, paused, running, started, windowMs, parked, places] =
    parts;
  const numbers = { concurrency: numberIn(concurrency), max: numberIn(max), duration: numberIn(duration) };
  const given = Object.entries(numbers).filter(([, number]) => number !== undefined);
  return {
    name: String(name),
    ...(Object.fromEntries(given) as LimitOptions),
    isDefined: isDefined === 1,
    isPaused: paused === 1,
    ...(places === '' ? {} : { shared: true, places: Number(places) }),
    active: Number(running),
    waiting: Number(parked),
    started: Number(started),
    windowMs: Number(windowMs),
  };
}

/** '' stands for none. */
export function numberIn(text: string | number | undefined): number | undefined {
  return text === '' || text === undefined ? undefined : Number(text);
}
