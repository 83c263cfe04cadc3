/** What becomes of slots that passed while no job could be made for them. */
export type MissedPolicy = 'skip' | 'last' | 'all';

/** What a slot does while the run before it is still going. */
export type OverlapPolicy = 'allow' | 'skip' | 'queue';

/** When a scheduler makes jobs: at the times of a cron `pattern`, or `every` so many milliseconds. Each such time is a slot. */
export interface RepeatOptions {
  /**
   * Cron expression of five fields, or six with the seconds first. Where the queue has a `settings.repeatStrategy`, whatever that
   * takes.
   */
  pattern?: string;
  /** Milliseconds from slot to slot; a whole number of at least 1. */
  every?: number;
  /** Time zone of the pattern, such as `Europe/Berlin`. Default: that of the process that plans. */
  tz?: string;
  /** How many jobs to make. Default: no end. */
  limit?: number;
  /** No slot before then. Default: now. */
  startDate?: Date | string | number;
  /** No slot after then. Default: never. */
  endDate?: Date | string | number;
  /** With a pattern: one job more, now. Not with `startDate`. Default false; with `every` the first slot is now in any case. */
  immediately?: boolean;
  /** Milliseconds by which the slots of `every` lie behind its multiples. Default: the first slot is now. */
  offset?: number;
  /** Where the counter of jobs begins. Default 0. */
  count?: number;
  /**
   * Slots that passed while nothing ran, or while the last job waited: `skip` leaves them out, `last` makes up for the newest, `all` for
   * each, one after another. The job that was waiting runs in any case. Default `skip`.
   */
  missed?: MissedPolicy;
  /** With `missed: 'all'`, how many slots to make up for at most, the newest; up to 1000. Default 100. */
  atMost?: number;
  /**
   * When the run before is not over: `allow` runs beside it, `skip` leaves the slot out, `queue` waits until it is over. Default
   * `allow`.
   */
  overlap?: OverlapPolicy;
  /** Each slot is due later by a chance of up to so many milliseconds. Default 0. */
  jitter?: number;
  /** All slots are due later by a part of so many milliseconds, which follows from the scheduler's id. Default 0. */
  spread?: number;
}

/** What a job knows of how its scheduler repeats. */
export interface JobRepeat extends Omit<RepeatOptions, 'immediately' | 'startDate' | 'endDate'> {
  /** Which job of its scheduler it is, from 1. */
  count: number;
  /** @internal Those of the template, as the codec has made them. */
  children?: unknown;
  startDate?: number;
  endDate?: number;
}

/**
 * Computes slots in place of cron: the next one after `millis`, undefined for none. It may be asked ahead of time, for the slot after
 * one that has not come.
 */
export type RepeatStrategy = (
  millis: number,
  options: RepeatOptions,
  jobName: string,
) => number | undefined | Promise<number | undefined>;
