import type { LimitOptions } from '../job/limit.js';
import { decodeCountPlacesReply, decodeLendPlacesReply } from '../job/wire.generated.js';
import type { ReplyOf } from '../redis/script.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { countPlaces, lendPlaces, shareLimit, takePlaces } from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** What a queue has and needs of a limit that it shares. */
export interface NeededPlaces {
  name: string;
  /** Number of its lease. */
  number: string;
  has: number;
  needed: number;
  /** Starts that it lacks in the window. */
  lacking: number;
  numbers: LimitOptions;
}

/** What the home of a limit lends. */
export interface LentPlaces {
  number: string;
  places: number;
  starts: number;
  window: string;
  windowLeftMs: number;
  numbers: LimitOptions;
  isPaused: boolean;
  /** Whether another queue has less than it needs. */
  isContended: boolean;
}

/** The queue of no jobs that keeps a limit which queues with one prefix share. */
export function homeOfLimit(name: string): string {
  return `shared-limit~${encodeURIComponent(name)}`;
}

/** Limits that queues share, from the side of a queue and from that of a limit's home: one method, one script. */
export class SharedLimitStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  /**
   * Of the queue: all that it shares.
   * @param leaving whether nobody is going to start jobs
   */
  async count(leaving: boolean): Promise<{ time: string; limits: NeededPlaces[] }> {
    const reply = await this.calls.repeatable(() =>
      this.scripts.run(countPlaces, [REDIS_TIME, leaving ? 1 : 0]),
    );
    const { time, limits } = decodeCountPlacesReply(reply);
    return { time, limits: limits.map(withNumbers) };
  }

  /** Of the queue: takes a lease that was asked for at `since` by its clock. */
  take(name: string, since: string, leaseMs: number, lent: LentPlaces): Promise<ReplyOf<typeof takePlaces>> {
    const { number, places, starts, window, windowLeftMs, isPaused } = lent;
    const { concurrency = 0, max = 0, duration = 0 } = lent.numbers;
    const args = [
      ...([REDIS_TIME, name, Number(number), places, Number(since), leaseMs] as const),
      ...([starts, Number(window), windowLeftMs] as const),
      ...([concurrency, max, duration, isPaused ? 1 : 0] as const),
    ] as const;
    return this.calls.repeatable(() => this.scripts.run(takePlaces, args));
  }

  /** Of the home: `holder` is what the keys of the borrowing queue begin with. */
  async lend(holder: string, leaseMs: number, asked: NeededPlaces): Promise<LentPlaces> {
    const { name, number, has, needed, lacking } = asked;
    const { concurrency = 0, max = 0, duration = 0 } = asked.numbers;
    const args = [
      ...([REDIS_TIME, name, holder, Number(number), has, needed, lacking, leaseMs] as const),
      ...([concurrency, max, duration] as const),
    ] as const;
    const reply = await this.calls.repeatable(() => this.scripts.run(lendPlaces, args));
    return withNumbers(decodeLendPlacesReply(reply));
  }

  /** Of the home. */
  async set(
    name: string,
    { concurrency = 0, max = 0, duration = 0 }: LimitOptions,
    keep: boolean,
  ): Promise<void> {
    const args = [name, keep ? 'keep' : 'set', concurrency, max, duration] as const;
    await this.calls.repeatable(() => this.scripts.run(shareLimit, args));
  }

  /** Of the home. */
  pause(name: string, paused: boolean): Promise<ReplyOf<typeof shareLimit>> {
    const args = [name, paused ? 'pause' : 'resume', 0, 0, 0] as const;
    return this.calls.repeatable(() => this.scripts.run(shareLimit, args));
  }
}

/** The numbers of a limit are handed on as one. */
function withNumbers<Rest extends object>({
  concurrency,
  max,
  duration,
  ...rest
}: Rest & Required<Pick<LimitOptions, 'concurrency' | 'max' | 'duration'>>): Omit<
  Rest,
  'concurrency' | 'max' | 'duration'
> & { numbers: LimitOptions } {
  return { ...rest, numbers: { concurrency, max, duration } };
}
