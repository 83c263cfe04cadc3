import { CronExpressionParser, type CronExpression } from 'cron-parser';
import { InvalidOptionError } from '../job/errors.js';
import type { RepeatOptions, RepeatStrategy } from '../job/repeat-options.js';
import type { PlannedSlots } from '../store/schedule-store.js';

/** Planned ahead at least, and at most where a day has so many. A slot costs about 0.2 ms. */
const FEWEST = 4;
const MOST = 16;
const AHEAD_MS = 86_400_000;
/** A strategy may depend on what the last run has done: it is asked no more than it takes. */
const OF_STRATEGY = 2;
/** Slots that passed are counted up to here. */
const COUNTED = 200;
/** Steps that a strategy, which only goes forward, may take to catch up. */
const STEPS = 1000;

/** Says which slots follow which time. */
export interface SlotSource {
  /** The next slots after `ms`. */
  after(ms: number): Promise<PlannedSlots>;
  /** The newest slots after `ms` and before `now`, at most `most`; and how many others there are, as far as counted. */
  passed(ms: number, now: number, most: number): Promise<{ slots: number[]; leftOut: number }>;
}

/** @param id of the scheduler: `H` in a pattern stands for a number that follows from it */
export function cronSlots(id: string, repeat: RepeatOptions): SlotSource {
  const from = (ms: number): CronExpression => parseCron(repeat.pattern ?? '', repeat.tz, ms, id);
  return {
    after: async (ms) => {
      const expression = from(ms);
      const slots: number[] = [];
      while (slots.length < MOST && (slots.length < FEWEST || (slots.at(-1) as number) < ms + AHEAD_MS)) {
        slots.push(expression.next().getTime());
      }
      return { slots, complete: false };
    },
    passed: async (ms, now, most) => {
      const expression = from(now);
      const slots: number[] = [];
      let leftOut = 0;
      for (let found = 0; found < Math.max(COUNTED, most); found += 1) {
        const slot = expression.prev().getTime();
        if (slot <= ms) {
          break;
        }
        if (slots.length < most) {
          slots.push(slot);
        } else {
          leftOut += 1;
        }
      }
      return { slots: slots.toReversed(), leftOut };
    },
  };
}

export function strategySlots(
  id: string,
  repeat: RepeatOptions,
  strategy: RepeatStrategy,
  jobName: string,
): SlotSource {
  const next = async (ms: number): Promise<number | undefined> => {
    const slot = await strategy(ms, repeat, jobName);
    if (slot === undefined || slot === null) {
      return undefined;
    }
    if (typeof slot !== 'number' || !(slot > ms) || !Number.isFinite(slot)) {
      throw new InvalidOptionError(
        'settings.repeatStrategy',
        slot,
        `For the job scheduler ${id} it has to return a time after ${ms}, or undefined.`,
      );
    }
    return Math.max(Math.floor(slot), Math.floor(ms) + 1);
  };
  return {
    after: async (ms) => {
      const slots: number[] = [];
      let slot = await next(ms);
      while (slot !== undefined) {
        slots.push(slot);
        if (slots.length === OF_STRATEGY) {
          return { slots, complete: false };
        }
        slot = await next(slot);
      }
      return { slots, complete: true };
    },
    passed: async (ms, now, most) => {
      const slots: number[] = [];
      for (let at = ms, steps = 0; most > 0 && steps < STEPS; steps += 1) {
        const slot = await next(at);
        if (slot === undefined || slot >= now) {
          break;
        }
        slots.push(slot);
        at = slot;
      }
      const leftOut = Math.max(slots.length - most, 0);
      return { slots: slots.slice(leftOut), leftOut };
    },
  };
}

/** Throws what the parser throws. */
export function parseCron(
  pattern: string,
  tz: string | undefined,
  ms: number,
  hashSeed: string,
): CronExpression {
  return CronExpressionParser.parse(pattern, {
    currentDate: ms,
    hashSeed,
    ...(tz === undefined ? {} : { tz }),
  });
}
