import { checkInteger } from '../job/check.js';
import type { Job } from '../job/job.js';
import { VERSION } from '../job/version.js';
import type { FinishedState, JobType } from '../job/job-state.js';
import { PRESENT_MS, readWho, type Who } from '../store/presence.js';
import { checkFinishedState, checkRange, listedStates } from './arguments.js';
import { prometheusText } from './prometheus-text.js';
import { QueueGetters } from './queue-getters.js';

const MINUTE_MS = 60_000;
const DEFAULT_MAX_EVENTS = 10_000;

/** How many jobs have ended in each minute. */
export interface Metrics {
  meta: {
    /** How many have ended since counting began. */
    count: number;
    /** When the minute began that runs, or ran when the last job ended; ms since 1970, 0 before the first. */
    prevTS: number;
    /** How many had ended before it. */
    prevCount: number;
  };
  /** Jobs that ended in a minute each, the newest first. The one that runs is not among them. */
  data: number[];
  /** How many points are kept. */
  count: number;
}

/** What a queue was set to. */
export interface QueueMeta {
  paused: boolean;
  /** How many entries the event stream keeps about. */
  maxLenEvents: number;
  /** Such as `stepwell:0.1.0`. */
  version: string;
  /** Jobs of the queue at a time, where there is a global concurrency. */
  concurrency?: number;
  /** Starts in a window of so many ms, where there is a global rate limit. */
  max?: number;
  duration?: number;
}

/** A worker, or a reader of events, as tools that show clients of Redis expect it. */
export type ClientEntry = Record<string, string>;

/** What people and monitoring ask of a queue. */
export class QueueReports<J extends Job = Job> extends QueueGetters<J> {
  /**
   * How many jobs have completed, or failed for good, in each minute. Counted while a worker has `metrics`.
   * @param start first point, 0 being the newest
   * @param end last point; -1 for the oldest
   */
  async getMetrics(type: FinishedState, start = 0, end = -1): Promise<Metrics> {
    checkFinishedState(type);
    checkRange(start, end);
    const { count, minute, before, size, points } = await this.store.inspect.getMetrics(type, start, end);
    return {
      meta: { count, prevTS: minute * MINUTE_MS, prevCount: before },
      data: points,
      count: size,
    };
  }

  /**
   * Jobs by state, and how many have completed and failed where that is counted, as Prometheus reads it. The names begin with
   * `bullmq_`, so that boards that are made for it go on.
   * @param globalLabels labels for each line
   */
  async exportPrometheusMetrics(globalLabels: Record<string, string> = {}): Promise<string> {
    const { inspect } = this.store;
    const [counts, completed, failed] = await Promise.all([
      this.getJobCounts(),
      inspect.getMetrics('completed', 0, 0),
      inspect.getMetrics('failed', 0, 0),
    ]);
    const figures = { queue: this.name, counts, completed: completed.count, failed: failed.count };
    return prometheusText(figures, globalLabels);
  }

  /** Ids of jobs of one or several states; as `getJobs`, without reading the jobs. */
  getRanges(types: JobType | JobType[], start = 0, end = -1, asc = false): Promise<string[]> {
    checkRange(start, end);
    return this.store.inspect.listJobs(listedStates(types), { start, stop: end, descending: !asc });
  }

  /**
   * How many jobs are delayed.
   * @param timestamp only those due before it, ms since 1970
   */
  override async getDelayedCount(timestamp?: number): Promise<number> {
    if (timestamp === undefined) {
      return super.getDelayedCount();
    }
    checkInteger('timestamp', timestamp, 0);
    return this.store.inspect.countDue(timestamp);
  }

  async getMeta(): Promise<QueueMeta> {
    const { paused, maxEvents = DEFAULT_MAX_EVENTS } = await this.store.inspect.getSettings();
    return { paused, maxLenEvents: maxEvents, version: `stepwell:${VERSION}` };
  }

  /** Workers of the queue, in any process. One that has ended without closing is listed for up to 90 s. */
  getWorkers(): Promise<ClientEntry[]> {
    return this.present('worker');
  }

  async getWorkersCount(): Promise<number> {
    return (await this.getWorkers()).length;
  }

  /** Those who read the events of the queue, as `getWorkers`. */
  getQueueEvents(): Promise<ClientEntry[]> {
    return this.present('events');
  }

  private async present(kind: Who['kind']): Promise<ClientEntry[]> {
    const entries = await this.store.inspect.listPresent();
    const now = this.store.runtime.now();
    return entries.flatMap(({ who, leftMs }) => {
      const known = readWho(who);
      if (known?.kind !== kind) return [];
      const { id, name, host, pid, since } = known;
      const ageS = String(Math.max(Math.round((now - since) / 1000), 0));
      const idleS = String(Math.max(Math.round((PRESENT_MS - leftMs) / 1000), 0));
      const rawname = name === '' ? this.qualifiedName : `${this.qualifiedName}:w:${name}`;
      return [{ id, addr: `${host}:${pid}`, name: name || this.name, rawname, age: ageS, idle: idleS }];
    });
  }
}
