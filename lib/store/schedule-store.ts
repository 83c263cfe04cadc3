import { decodeKeepSchedulersReply, encodeKeepSchedulers, encodePlanSlots } from '../job/wire.generated.js';
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

/** The schedulers of a queue: one method, one script. Words are answered as they are. */
export class ScheduleStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  /** Returns the lines of the script's answer. */
  async upsert(schedule: StoredSchedule, from: number, planned: PlannedSlots): Promise<string> {
    const s = schedule;
    return this.calls.numbered(
      ({ writer, seq }) =>
        this.scripts.run(upsertScheduler, [
          ...([REDIS_TIME, writer, seq, s.id, s.given, s.every, s.offset, s.start, s.ends, s.limit] as const),
          ...([s.count, s.immediately ? 1 : 0, s.missed, s.most, s.overlap, s.spreadMs, s.jitterMs] as const),
          ...([s.spec, s.head, s.data, s.origin, from, planned.complete ? 1 : 0] as const),
          planned.slots.join(','),
        ]) as Promise<string>,
    );
  }

  /** Returns ok or missing. */
  remove(id: string): Promise<string> {
    return this.calls.numbered(
      ({ writer, seq }) =>
        this.scripts.run(removeScheduler, [REDIS_TIME, writer, seq, id]) as Promise<string>,
    );
  }

  /** Returns ok, unchanged, missing, unreadable or unplanned. */
  pause(id: string, paused: boolean): Promise<string> {
    return this.calls.numbered(
      ({ writer, seq }) =>
        this.scripts.run(pauseScheduler, [REDIS_TIME, writer, seq, id, paused ? 1 : 0]) as Promise<string>,
    );
  }

  /** Returns missing, unreadable, taken, or lines about the job. */
  run(id: string): Promise<string> {
    return this.calls.numbered(
      ({ writer, seq }) => this.scripts.run(runScheduler, [REDIS_TIME, writer, seq, id]) as Promise<string>,
    );
  }

  async count(): Promise<number> {
    return (await this.list({ start: 0, stop: 0 }))[0];
  }

  /** Ids by next slot. */
  async ids(page: Page): Promise<string[]> {
    const found: string[] = [];
    for (let { start } = page; ; start += LIST_SIZE) {
      const [, ids] = await this.list({ ...page, start });
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
      const reply = (await this.calls.read(() => this.scripts.run(readSchedulers, [REDIS_TIME], slice))) as [
        string,
        ...(string | null)[][],
      ];
      now = Number(reply[0]);
      for (const [i, id] of slice.entries()) {
        const fields = reply[i + 1] as (string | null)[];
        if (typeof fields[0] === 'string') {
          records.push(readRecord(id, fields));
        } else if (fields[1] === 'unreadable') {
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
    return this.calls.repeatable(() => this.scripts.run(planSlots, [REDIS_TIME], rest) as Promise<number>);
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

  private async list({ start, stop, descending }: Page): Promise<[number, string[]]> {
    const args = [start, stop, descending ? 1 : 0] as const;
    const [count, ...ids] = (await this.calls.read(() => this.scripts.run(listSchedulers, args))) as [
      number,
      ...string[],
    ];
    return [count, ids];
  }
}

function readRecord(id: string, fields: readonly (string | number | null)[]): SchedulerRecord {
  const text = (i: number): string => String(fields[i] ?? '');
  return {
    id,
    given: text(0),
    count: Number(fields[1]),
    slot: Number(fields[2]),
    job: text(3),
    paused: fields[4] === '1',
    origin: text(5),
    revision: text(6),
    last: text(7),
    planned: Number(fields[8]),
    spreadMs: Number(fields[9]),
    data: text(10),
  };
}
