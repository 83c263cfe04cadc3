import { setImmediate, setTimeout } from 'node:timers';
import { InvalidOptionError } from '../job/errors.js';
import type { ConnectionOptions } from '../redis/client.js';
import type { CrashPoint } from './crash-points.js';
import { type CalendarDuration, endOf } from './end-of.js';
import type { SharedRedis } from './shared-redis.js';
import { TimeTravelError } from './time-travel-error.js';
import type { VirtualRuntime } from './virtual-runtime.js';
import type { VirtualTimer, VirtualTimers } from './virtual-timers.js';
import type { WorkWatch } from './work-watch.js';

/** The parts of a world in virtual time; `createTimeTravel` makes them. */
export interface TimeTravelParts {
  timers: VirtualTimers;
  runtime: VirtualRuntime;
  work: WorkWatch;
  redis: SharedRedis;
  connection: ConnectionOptions;
  patienceMs: number;
  end: () => Promise<void>;
}

/** So many turns of the event loop without a sign are quiet. */
const QUIET_TURNS = 2;
/** From then on what is waited for is input or output: the processor need not be kept busy. */
const BUSY_TURNS = 20;

const isWork = ({ upkeep = false }: VirtualTimer['options']): boolean => !upkeep;
const isPressing = ({ pressing = false }: VirtualTimer['options']): boolean => pressing;

/**
 * Queues and workers in virtual time: time stands still until the test moves it. `createTimeTravel` makes one.
 *
 * Everything that is made with its `connection` lives in it, scripts included: delays, backoff, sleeps, timeouts, ttl,
 * locks, rate limits, retention by age.
 */
export class TimeTravel {
  /** Pass it as `connection` to whatever is to live in virtual time. */
  readonly connection: ConnectionOptions;
  private moving: Promise<unknown> = Promise.resolve();
  private isPressed = false;
  private closing: Promise<void> | undefined;

  /** @internal */
  constructor(private readonly parts: TimeTravelParts) {
    this.connection = parts.connection;
  }

  /** Virtual time, milliseconds since 1970. */
  get now(): number {
    return this.parts.runtime.now();
  }

  /**
   * Resolves when all that can happen now has happened: no command is on its way to Redis and no processor is at work.
   * A processor that waits for something real, such as a file, is waited for; one that gives no sign for `patienceMs` is
   * taken to wait for time to go on.
   */
  settle(): Promise<void> {
    return this.exclusively(() => this.quiet());
  }

  /**
   * Moves time on, and fires what becomes due in its order; what each thing leads to happens before the next.
   *
   * @param duration milliseconds, or a text such as `'30s'`, `'5m'`, `'2h'`, `'3d'`, `'1 month'`
   * @throws {InvalidOptionError} for anything else
   *
   * @example
   * await time.advance('3d');
   */
  async advance(duration: CalendarDuration): Promise<void> {
    endOf('advance', duration, this.now);
    await this.exclusively(async () => {
      const { timers } = this.parts;
      const until = endOf('advance', duration, timers.now);
      await this.quiet();
      while (await this.step(until));
      timers.now = Math.max(timers.now, until);
    });
  }

  /** Moves time on to a time of day, ms since 1970; see `advance`. */
  async advanceTo(time: number | Date): Promise<void> {
    const ms = Number(time) - this.now;
    if (!(ms >= 0)) {
      throw new InvalidOptionError('advanceTo', time, `Use a time that is not before ${this.now}.`);
    }
    await this.advance(ms);
  }

  /**
   * Moves time on until nothing is left that happens by itself: no job is due later, none waits to be tried again, and those
   * that were lost in a crash have been taken back. What waits for a signal without a timeout stays.
   *
   * @param options.limit how far time may go. Default `'1y'` of 365 days
   * @throws {TimeTravelError} when there is still something to come then
   */
  async runUntilIdle(options: { limit?: CalendarDuration } = {}): Promise<void> {
    const { limit = '365d' } = options;
    endOf('limit', limit, this.now);
    await this.exclusively(async () => {
      const { timers, work } = this.parts;
      const end = endOf('limit', limit, timers.now);
      await this.quiet();
      for (;;) {
        const until = timers.next(isWork)?.due ?? work.recoveryUntil;
        if (until === undefined) return;
        if (until > end) {
          throw new TimeTravelError(
            `Something is still to come after ${limit}: advance to where you want to look, or raise the limit.`,
          );
        }
        if (!(await this.step(until))) timers.now = until;
      }
    });
  }

  /**
   * Kills the process of a job at a point of a step, once: nothing more is written on behalf of that run, its lock runs out,
   * and a check for stalled jobs takes it back in virtual time. Points are `before charge`, `after the effect of charge`
   * (its code has run, its result is not kept) and `after charge` (kept, and the next step would run at once), with
   * `undo:charge` for what undoes a step. A point that no job has come to fails `close`.
   *
   * @throws {InvalidOptionError} for what is no point
   */
  crash(point: CrashPoint, { jobId }: { jobId?: string } = {}): void {
    this.parts.work.crashes.add(point, jobId);
  }

  /**
   * Ends the connection, and the Redis that was started for it. Close queues, workers or the application before.
   *
   * @throws {TimeTravelError} when a planned crash has not happened
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    this.parts.runtime.release();
    await this.parts.end();
    const { left } = this.parts.work.crashes;
    if (left.length > 0) {
      throw new TimeTravelError(`No job came to where it was to crash: ${left.join(', ')}.`);
    }
  }

  /** @internal Somebody waits for an end, and time is not moved by a test: it goes on by itself. */
  press(): void {
    if (this.isPressed) return;
    this.isPressed = true;
    void this.exclusively(async () => {
      const { timers } = this.parts;
      await this.quiet();
      for (let due = timers.next(isPressing)?.due; due !== undefined; due = timers.next(isPressing)?.due) {
        await this.step(due);
      }
      this.isPressed = false;
    });
  }

  /** Fires the next timer that is due by then, and lets what follows from it happen. Returns whether there was one. */
  private async step(until: number): Promise<boolean> {
    const { timers, work } = this.parts;
    const next = timers.next();
    if (!next || next.due > until) {
      return false;
    }
    if (next.options.upkeep && this.leapsTo(next, Math.min(timers.next(isWork)?.due ?? Infinity, until))) {
      return true;
    }
    if (!next.options.upkeep) {
      work.note();
    }
    timers.fire(next);
    if (!next.options.upkeep) {
      work.note();
    }
    await this.quiet();
    return true;
  }

  /**
   * In a quiet time, when upkeep has noticed all that there is to notice, it stands still: days would else cost thousands of
   * calls. It goes on soon enough before the next event to find things as they would be.
   */
  private leapsTo({ due }: VirtualTimer, event: number): boolean {
    const { timers, work } = this.parts;
    const to = event - work.noticeMs;
    const isQuiet = work.isIdle && due > work.lastAt + work.noticeMs && to > timers.now;
    if (isQuiet) {
      timers.leapTo(to);
      work.lastAt = -Infinity;
    }
    return isQuiet;
  }

  private async quiet(): Promise<void> {
    const { redis, work, runtime, patienceMs } = this.parts;
    let { signs } = work;
    let since = performance.now();
    for (let turns = 0, quiet = 0; quiet < QUIET_TURNS; turns += 1) {
      if (!redis.isIdle) {
        await redis.whenIdle();
        [quiet, turns, since] = [0, 0, performance.now()];
      }
      await turn(turns < BUSY_TURNS);
      if (work.signs !== signs) {
        ({ signs } = work);
        [turns, since] = [0, performance.now()];
      }
      if (work.isBusy && performance.now() - since > patienceMs) {
        work.stopWaiting();
      }
      quiet = redis.isIdle && !runtime.hasSoon && !work.isBusy ? quiet + 1 : 0;
    }
  }

  /** Time is moved by one at a time. */
  private exclusively<T>(move: () => Promise<T>): Promise<T> {
    const moved = this.moving.then(move);
    this.moving = moved.catch(() => {});
    return moved;
  }
}

function turn(isBusy: boolean): Promise<void> {
  return new Promise((resolve) => (isBusy ? setImmediate(resolve) : setTimeout(resolve, 1)));
}
