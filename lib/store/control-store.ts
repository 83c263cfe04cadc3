import type { FinishedState, ListedState } from '../job/job-state.js';
import {
  decodeCleanJobsReply,
  decodeDrainQueueReply,
  decodeObliterateQueueReply,
  decodeRetryJobsReply,
  drainPlaceText,
  type ObliterateQueueReply,
} from '../job/wire.generated.js';
import type { ReplyOf } from '../redis/script.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  cleanJobs,
  drainQueue,
  obliterateQueue,
  pauseQueue,
  promoteJobs,
  publishEvent,
  retryJobs,
  setMeta,
  setMetrics,
  trimEvents,
} from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';
import type { Delivery } from './delivery.js';

/** How far a draining is, see drain-queue. */
export interface DrainPlace {
  begun: number;
  left: number;
  passed: number;
  /** Scores, as Redis writes them. */
  prioritized: string;
  later: string;
  /** Where it is among groups. */
  groupPlace: string;
}

/** A state, or where jobs of one wait for a limit or in a group. */
export type CleanPlace =
  ListedState | 'limited waiting' | 'limited prioritized' | `group ${string}` | `sidelined ${string}`;

export const DRAIN_BEGIN: DrainPlace = {
  begun: 0,
  left: 0,
  passed: 0,
  prioritized: '-inf',
  later: '-inf',
  groupPlace: drainPlaceText(1, 0, 0),
};

export interface CleanSlice {
  place: CleanPlace;
  graceMs: number;
  /** How many to remove at most, 0 for a whole slice. */
  limit: number;
  /** Where to go on, 0 at first. */
  start: number;
}

export interface CleanedSlice {
  removed: string[];
  /** Where to go on, -1 when there is no more to look at. */
  next: number;
}

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

const flag = (value: boolean | undefined): number => (value ? 1 : 0);

/** Changes that people and programs ask of a whole queue. Words of scripts are returned as they are. */
export class ControlStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
    private readonly delivery: Delivery,
  ) {}

  pause(paused: boolean): Promise<ReplyOf<typeof pauseQueue>> {
    return this.calls.repeatable(() => this.scripts.run(pauseQueue, [flag(paused)]));
  }

  /** Removes the jobs that wait, slice by slice. */
  async drain(delayed: boolean): Promise<void> {
    let slice = { ...DRAIN_BEGIN, looked: 1 };
    while (slice.looked > 0) {
      slice = await this.drainSlice(delayed, slice);
    }
    await this.delivery.deliver();
  }

  /** Removes one slice of the jobs that wait; returns how many it looked at, and where to go on. */
  async drainSlice(delayed: boolean, place: DrainPlace): Promise<DrainPlace & { looked: number }> {
    const args = [
      ...([REDIS_TIME, flag(delayed), place.begun, place.left, place.passed] as const),
      ...([place.prioritized, place.later, place.groupPlace] as const),
    ] as const;
    return decodeDrainQueueReply(await this.calls.repeatable(() => this.scripts.run(drainQueue, args)));
  }

  async cleanSlice({ place, graceMs, limit, start }: CleanSlice): Promise<CleanedSlice> {
    const reply = await this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(cleanJobs, [REDIS_TIME, writer, seq, place, graceMs, limit, start]),
    );
    return decodeCleanJobsReply(reply);
  }

  /** Deletes one slice. Returns undelivered or unsent, and where to, when that could not be delivered yet. */
  async obliterateSlice(count: number, force: boolean): Promise<ObliterateQueueReply> {
    // Whether jobs of flows go that other queues have not taken.
    const call = async (drop: boolean): Promise<ObliterateQueueReply> => {
      const args = [REDIS_TIME, count, drop ? 2 : flag(force)] as const;
      return decodeObliterateQueueReply(
        await this.calls.repeatable(() => this.scripts.run(obliterateQueue, args)),
      );
    };
    const found = await call(false);
    if (!('target' in found)) {
      return found;
    }
    await this.delivery.deliver();
    return call(force);
  }

  /** Moves one slice of the jobs finished at or before `before`, 0 being now by Redis' clock; returns the time used. */
  async retrySlice(
    state: FinishedState,
    count: number,
    before: number,
  ): Promise<{ moved: number; before: number }> {
    const args = [REDIS_TIME, state, count, before] as const;
    return decodeRetryJobsReply(await this.calls.repeatable(() => this.scripts.run(retryJobs, args)));
  }

  /** Returns how many were delayed, and wait now. */
  promoteSlice(ids: readonly string[]): Promise<number> {
    return this.calls.repeatable(() => this.scripts.run(promoteJobs, [REDIS_TIME], ids));
  }

  /** Returns how many entries were dropped. */
  trimEvents(max: number): Promise<number> {
    return this.calls.repeatable(() => this.scripts.run(trimEvents, [max]));
  }

  /** `undefined` for the default. */
  async setMaxEvents(maxEvents: number | undefined): Promise<void> {
    const text = maxEvents === undefined ? '' : String(maxEvents);
    await this.calls.repeatable(() => this.scripts.run(setMeta, [text]));
  }

  /** Has the ends of jobs counted in so many points of a minute. */
  async setMetrics(points: number): Promise<void> {
    await this.calls.repeatable(() => this.scripts.run(setMetrics, [points]));
  }

  /** @param event JSON */
  publishEvent(event: string, max: number): Promise<ReplyOf<typeof publishEvent>> {
    return this.calls.numbered(({ writer, seq }) =>
      this.scripts.run(publishEvent, [writer, seq, event, max]),
    );
  }
}
