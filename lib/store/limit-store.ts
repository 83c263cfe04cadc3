import { decodeGetLimitsReply, type LimitParts } from '../job/wire.generated.js';
import type { LimitOptions, LimitState, RateLimit } from '../job/limit.js';
import type { ReplyOf } from '../redis/script.js';
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
  setConcurrency(concurrency: number): Promise<ReplyOf<typeof limitQueue>> {
    return this.calls.repeatable(() => this.scripts.run(limitQueue, ['concurrency', concurrency, 0]));
  }

  /** A `max` of 0 lifts it. */
  setRate(max: number, durationMs: number): Promise<ReplyOf<typeof limitQueue>> {
    return this.calls.repeatable(() => this.scripts.run(limitQueue, ['rate', max, durationMs]));
  }

  /** Lets no job start for that long; 0 lifts what limits now. */
  close(durationMs: number): Promise<ReplyOf<typeof closeRateLimit>> {
    return this.calls.repeatable(() => this.scripts.run(closeRateLimit, [REDIS_TIME, durationMs]));
  }

  /** @param keep whether a limit that is there stays as it is */
  set(name: string, limit: LimitOptions, keep = false): Promise<ReplyOf<typeof setLimit>> {
    const { concurrency = 0, max = 0, duration = 0, shared = false } = limit;
    const args = [name, concurrency, max, duration, keep ? 1 : 0, shared ? 1 : 0] as const;
    return this.calls.repeatable(() => this.scripts.run(setLimit, args));
  }

  pause(name: string, paused: boolean): Promise<ReplyOf<typeof pauseLimit>> {
    return this.calls.repeatable(() => this.scripts.run(pauseLimit, [name, paused ? 1 : 0]));
  }

  remove(name: string): Promise<ReplyOf<typeof removeLimit>> {
    return this.calls.repeatable(() => this.scripts.run(removeLimit, [name]));
  }

  /** All limits that jobs name, or only those of some names. */
  async read(names: readonly string[] = []): Promise<QueueLimitState> {
    const reply = await this.calls.read(() => this.scripts.run(getLimits, [REDIS_TIME], names));
    const { concurrency, max, duration = 0, active, named } = decodeGetLimitsReply(reply);
    return {
      concurrency,
      rate: max === undefined ? undefined : { max, duration },
      active,
      named: named.map(limitState),
    };
  }
}

/** What the parts of a reply say of a limit, see lua/shared/describe-limit.lua. */
export function limitState({
  concurrency,
  max,
  duration,
  parked,
  running,
  places,
  ...limit
}: LimitParts): LimitState {
  const lent = places === undefined ? {} : { shared: true, places };
  const given = Object.entries({ concurrency, max, duration }).filter(([, number]) => number !== undefined);
  return {
    ...limit,
    ...(Object.fromEntries(given) as LimitOptions),
    ...lent,
    active: running,
    waiting: parked,
  };
}
