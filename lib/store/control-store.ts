import type { FinishedState, ListedState } from '../job/job-state.js';
import type { CancelCall, RetryOptions } from '../job/job-store.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  cancelJob,
  changeDelay,
  changePriority,
  cleanJobs,
  drainQueue,
  obliterateQueue,
  pauseQueue,
  promoteJob,
  promoteJobs,
  publishEvent,
  removeDedupKey,
  removeJob,
  retryJob,
  retryJobs,
  setMeta,
  setMetrics,
  signalJob,
  trimEvents,
  unlinkChild,
} from '../redis/scripts.generated.js';
import type { NumberedCall } from './calls.js';

/** How far a draining is, see drain-queue. */
export interface DrainPlace {
  begun: number;
  left: number;
  passed: number;
  /** Scores, as Redis writes them. */
  prioritized: string;
  delayed: string;
  /** Where it is among groups. */
  grouped: string;
}

/** A state, or where jobs of one wait for a limit or in a group. */
export type CleanPlace =
  ListedState | 'limited waiting' | 'limited prioritized' | `group ${string}` | `sidelined ${string}`;

export const DRAIN_BEGIN: DrainPlace = {
  begun: 0,
  left: 0,
  passed: 0,
  prioritized: '-inf',
  delayed: '-inf',
  grouped: '1,0,0',
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

/** Changes that people and programs ask of a queue from outside: one method, one script. Words are answered as they are. */
export class ControlStore {
  constructor(private readonly scripts: ScriptRunner) {}

  /** Returns ok, told, missing, not-failed or not-completed. */
  retryJob(
    id: string,
    expected: FinishedState,
    front: boolean,
    options: RetryOptions,
    session: NumberedCall,
  ): Promise<string> {
    const { resetAttemptsMade, resetAttemptsStarted } = options;
    const flags = [flag(front), flag(resetAttemptsMade), flag(resetAttemptsStarted)] as const;
    return this.scripts.run(retryJob, [
      REDIS_TIME,
      session.writer,
      session.seq,
      id,
      expected,
      ...flags,
    ]) as Promise<string>;
  }

  /** Returns ok, unchanged, finished or missing. */
  signalJob(id: string, name: string, key: string, json: string, session: NumberedCall): Promise<string> {
    const { writer, seq } = session;
    return this.scripts.run(signalJob, [REDIS_TIME, writer, seq, id, name, key, json]) as Promise<string>;
  }

  /** Returns cancelled, cancelled told, cancelling, unchanged, undoing, finished or missing. */
  cancelJob(id: string, { json, keep, undo }: CancelCall, { writer, seq }: NumberedCall): Promise<string> {
    const args = [REDIS_TIME, writer, seq, id, json, keep, flag(undo)] as const;
    return this.scripts.run(cancelJob, args) as Promise<string>;
  }

  /** Returns ok, missing or not-delayed. */
  promoteJob(id: string, session: NumberedCall): Promise<string> {
    return this.scripts.run(promoteJob, [REDIS_TIME, session.writer, session.seq, id]) as Promise<string>;
  }

  /** Returns ok, missing or not-delayed. */
  changeDelay(id: string, delayMs: number, session: NumberedCall): Promise<string> {
    return this.scripts.run(changeDelay, [
      REDIS_TIME,
      session.writer,
      session.seq,
      id,
      delayMs,
    ]) as Promise<string>;
  }

  /** Returns ok or missing. */
  changePriority(id: string, priority: number, front: boolean, session: NumberedCall): Promise<string> {
    const { writer, seq } = session;
    return this.scripts.run(changePriority, [
      REDIS_TIME,
      writer,
      seq,
      id,
      priority,
      flag(front),
    ]) as Promise<string>;
  }

  /** Returns ok, told, missing or locked. */
  removeJob(id: string, session: NumberedCall): Promise<string> {
    return this.scripts.run(removeJob, [REDIS_TIME, session.writer, session.seq, id]) as Promise<string>;
  }

  /** Returns told, ok, unchanged or missing. */
  unlinkChild(id: string, session: NumberedCall): Promise<string> {
    return this.scripts.run(unlinkChild, [REDIS_TIME, session.writer, session.seq, id]) as Promise<string>;
  }

  /** Returns ok or missing; `owner` '' for any. */
  removeDedupKey(id: string, owner: string, session: NumberedCall): Promise<string> {
    return this.scripts.run(removeDedupKey, [
      REDIS_TIME,
      session.writer,
      session.seq,
      id,
      owner,
    ]) as Promise<string>;
  }

  /** Returns ok or unchanged. */
  pauseQueue(paused: boolean): Promise<string> {
    return this.scripts.run(pauseQueue, [flag(paused)]) as Promise<string>;
  }

  /** Removes one slice of the jobs that wait; returns how many. */
  async drainQueue(delayed: boolean, place: DrainPlace): Promise<DrainPlace & { looked: number }> {
    const reply = (await this.scripts.run(drainQueue, [
      REDIS_TIME,
      flag(delayed),
      place.begun,
      place.left,
      place.passed,
      place.prioritized,
      place.delayed,
      place.grouped,
    ])) as [number, number, number, number, number, string, string, string];
    const [, looked, begun, left, passed, prioritized, later, grouped] = reply;
    return { looked, begun, left, passed, prioritized, delayed: later, grouped };
  }

  async cleanJobs(slice: CleanSlice, session: NumberedCall): Promise<CleanedSlice> {
    const { place, graceMs, limit, start } = slice;
    const answer = await this.scripts.run(cleanJobs, [
      REDIS_TIME,
      session.writer,
      session.seq,
      place,
      graceMs,
      limit,
      start,
    ]);
    const [next, ...removed] = (answer as string).split('\n');
    return { removed, next: Number(next) };
  }

  /**
   * Deletes one slice; returns more, done, not-paused or active; undelivered or unsent, a tab, and what the keys of the target begin
   * with.
   * @param drop whether jobs of flows go that other queues have not taken
   */
  obliterateQueue(count: number, force: boolean, drop = false): Promise<string> {
    return this.scripts.run(obliterateQueue, [REDIS_TIME, count, drop ? 2 : flag(force)]) as Promise<string>;
  }

  /** Moves one slice of the jobs finished at or before `before`, 0 being now by Redis' clock; returns the time used. */
  async retryJobs(
    state: FinishedState,
    count: number,
    before: number,
  ): Promise<{ moved: number; before: number }> {
    const [moved, until] = (await this.scripts.run(retryJobs, [REDIS_TIME, state, count, before])) as [
      number,
      number,
    ];
    return { moved, before: until };
  }

  /** Those of one slice that are delayed; returns how many. */
  promoteJobs(ids: readonly string[]): Promise<number> {
    return this.scripts.run(promoteJobs, [REDIS_TIME], ids) as Promise<number>;
  }

  /** Returns how many entries were dropped. */
  trimEvents(max: number): Promise<number> {
    return this.scripts.run(trimEvents, [max]) as Promise<number>;
  }

  /** `undefined` for the default. */
  async setMaxEvents(maxEvents: number | undefined): Promise<void> {
    await this.scripts.run(setMeta, [maxEvents === undefined ? '' : String(maxEvents)]);
  }

  /** Has the ends of jobs counted in so many points of a minute. */
  async setMetrics(points: number): Promise<void> {
    await this.scripts.run(setMetrics, [points]);
  }

  /** @param event JSON */
  publishEvent(event: string, max: number, session: NumberedCall): Promise<string> {
    return this.scripts.run(publishEvent, [session.writer, session.seq, event, max]) as Promise<string>;
  }
}
