import {
  decodeKeepSchedulersReply,
  decodeListSchedulersReply,
  decodeReadSchedulersReply,
  decodeRunSchedulerReply,
  decodeUpsertSchedulerReply,
  encodeKeepSchedulers,
  encodePlanSlots,
  type ListSchedulersReply,
  type RunSchedulerReply,
  type SchedulerParts,
  type UpsertSchedulerReply,
} from '../job/wire.generated.js';
import type { ReplyOf } from '../redis/script.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  keepSchedulers,
  listSchedulers,
  pauseScheduler,
  planSlots,
  readSchedulers,
  removeScheduler,
  runScheduler,
  upsertScheduler,
} from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';
import type { Page } from './inspect-store.js';

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;
const LIST_SIZE = 1000;
const READ_SIZE = 200;
const KEEP_SIZE = 500;

/** A scheduler in the form that the script takes; see lua/commands/upsert-scheduler.lua. Times in ms, '' for none. */
export interface StoredSchedule {
  id: string;
  given: string;
  every: string;
  offset: string;
  start: string;
  ends: string;
  limit: string;
  count: number;
  immediately: boolean;
  missed: string;
  most: number;
  overlap: string;
  spreadMs: number;
  jitterMs: number;
  spec: string;
  head: string;
  data: string;
  origin: string;
}

/** Slots, in order. */
export interface PlannedSlots {
  slots: readonly number[];
  /** Whether none follows. */
  complete: boolean;
}

/** A scheduler as it is stored. */
export interface SchedulerRecord {
  id: string;
  /** JSON of what was given. */
  given: string;
  /** JSON. */
  data: string;
  count: number;
  slot: number;
  /** Id of the job that is to come, '' for none. */
  job: string;
  paused: boolean;
  origin: string;
  revision: string;
  /** Last slot that was planned, '' for none. */
  last: string;
  /** How many are planned. */
  planned: number;
  spreadMs: number;
}

/** What planning one scheduler came to. */
export interface SlotPlan extends PlannedSlots {
  record: SchedulerRecord;
  /** How many slots that passed are not among them. */
  leftOut: number;
}

/** The schedulers of a queue: one method, one script. */
export class ScheduleStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  async upsert(schedule: StoredSchedule, from: number, planned: PlannedSlots): Promise<UpsertSchedulerReply> {
    const s = schedule;
    const reply = await this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(upsertScheduler, [
        ...([REDIS_TIME, writer, seq, s.id, s.given, s.every, s.offset, s.start, s.ends, s.limit] as const),
        ...([s.count, s.immediately ? 1 : 0, s.missed, s.most, s.overlap, s.spreadMs, s.jitterMs] as const),
        ...([s.spec, s.head, s.data, s.origin, from, planned.complete ? 1 : 0] as const),
        planned.slots.join(','),
      ]),
    );
    return decodeUpsertSchedulerReply(reply);
  }

  remove(id: string): Promise<ReplyOf<typeof removeScheduler>> {
    return this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(removeScheduler, [REDIS_TIME, writer, seq, id]),
    );
  }

  pause(id: string, paused: boolean): Promise<ReplyOf<typeof pauseScheduler>> {
    return this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(pauseScheduler, [REDIS_TIME, writer, seq, id, paused ? 1 : 0]),
    );
  }

  async run(id: string): Promise<RunSchedulerReply> {
    const reply = await this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(runScheduler, [REDIS_TIME, writer, seq, id]),
    );
    return decodeRunSchedulerReply(reply);
  }

  async count(): Promise<number> {
    return (await this.list({ start: 0, stop: 0 })).count;
  }

  /** Ids by next slot. */
  async ids(page: Page): Promise<string[]> {
    const found: string[] = [];
    for (let { start } = page; ; start += LIST_SIZE) {
      const { ids } = await this.list({ ...page, start });
      found.push(...ids);
      if (ids.length < LIST_SIZE || (start < 0 && start + LIST_SIZE >= 0)) {
        return found;
      }
    }
  }

  /** The time of Redis, those of the schedulers that there are, and the ids of those whose keys hold something else. */
  async read(
    ids: readonly string[],
  ): Promise<{ now: number; records: SchedulerRecord[]; unreadable: string[] }> {
    let now = 0;
    const records: SchedulerRecord[] = [];
    const unreadable: string[] = [];
    for (let first = 0; first < Math.max(ids.length, 1); first += READ_SIZE) {
      const slice = ids.slice(first, first + READ_SIZE);
      const call = (): Promise<unknown> => this.scripts.run(readSchedulers, [REDIS_TIME], slice);
      const reply = decodeReadSchedulersReply(await this.calls.read(call));
      now = reply.time;
      for (const [i, id] of slice.entries()) {
        const { state, ...parts } = reply.schedulers[i]!;
        if (state === 'ok') {
          records.push(recordOf(id, parts));
        } else if (state === 'unreadable') {
          unreadable.push(id);
        }
      }
    }
    return { now, records, unreadable };
  }

  /** Returns how many were taken: a scheduler that was changed or planned meanwhile is left alone. */
  plan(plans: readonly SlotPlan[]): Promise<number> {
    const rest = encodePlanSlots(
      plans.map(({ record: { id, revision, last }, slots, complete, leftOut }) => [
        ...([id, revision, last, slots.join(',')] as const),
        ...([complete ? '1' : '', String(leftOut)] as const),
      ]),
    );
    return this.calls.repeatable(() => this.scripts.run(planSlots, [REDIS_TIME], rest));
  }

  /** How many there are in anybody's code, a word for each: make, kept, older, hand or missing; and the ids of those that were removed. */
  async keep(
    schedules: readonly { id: string; origin: string }[],
    goneMs: number,
    boot: boolean,
  ): Promise<{ count: number; words: string[]; removed: string[] }> {
    const all = { count: 0, words: [] as string[], removed: [] as string[] };
    for (let first = 0; first === 0 || first < schedules.length; first += KEEP_SIZE) {
      const slice = schedules.slice(first, first + KEEP_SIZE);
      const rest = encodeKeepSchedulers(slice.map(({ id, origin }) => [id, origin]));
      const isLast = first + KEEP_SIZE >= schedules.length;
      const reply = await this.calls.numbered(({ writer, seq }) =>
        this.scripts.run(
          keepSchedulers,
          [REDIS_TIME, writer, seq, goneMs, boot ? 1 : 0, isLast ? 1 : 0],
          rest,
        ),
      );
      const { count, words, removed } = decodeKeepSchedulersReply(reply);
      all.count = count;
      all.words.push(...words);
      all.removed.push(...removed);
    }
    return all;
  }

  private async list({ start, stop, descending }: Page): Promise<ListSchedulersReply> {
    const args = [start, stop, descending ? 1 : 0] as const;
    return decodeListSchedulersReply(await this.calls.read(() => this.scripts.run(listSchedulers, args)));
  }
}

function recordOf(id: string, parts: Omit<SchedulerParts, 'state'>): SchedulerRecord {
  const { given, job, origin, revision, lastSlot, slots, spread, data, ...rest } = parts;
  return {
    ...{ id, given: given ?? '', job: job ?? '', origin: origin ?? '', revision: revision ?? '' },
    ...{ last: lastSlot ?? '', planned: slots, spreadMs: spread, data: data ?? '' },
    ...rest,
  };
}
