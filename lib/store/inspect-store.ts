import {
  decodeCountJobsReply,
  decodeCountPrioritiesReply,
  decodeGetLogsReply,
  decodeGetMetricsReply,
  decodeGetRateLimitReply,
  decodeGetSettingsReply,
  decodeListJobsReply,
  decodeListPresentReply,
  decodeLoadJobsReply,
  decodeLookAtJobReply,
  type StoredParts,
} from '../job/wire.generated.js';
import type { JobExplanation } from '../job/explanation.js';
import { readFields } from '../job/job-record.js';
import type { FinishedState, JobState, ListedState } from '../job/job-state.js';
import type { LoadedJob } from '../job/job-store.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  countDue,
  countJobs,
  countPriorities,
  explainJob,
  getDedupOwner,
  getLogs,
  getMetrics,
  getRateLimit,
  getSettings,
  listJobs,
  listPresent,
  loadJobs,
  lookAtJob,
} from '../redis/scripts.generated.js';
import { readExplanation } from './read-explanation.js';

export interface JobCounts {
  waiting: number;
  prioritized: number;
  delayed: number;
  active: number;
  completed: number;
  failed: number;
  'waiting-children': number;
  paused: boolean;
}

/** Positions as Redis takes them: both included, negative ones from the end. */
export interface Page {
  start: number;
  stop: number;
  /** Counts and lists from the end. */
  descending?: boolean;
}

export interface RateLimitWindow {
  /** Jobs started in this window, `closed` when it was closed by hand. */
  started: number | 'closed';
  /** 0 when there is no window. */
  leftMs: number;
}

/** What a queue was set to. */
export interface QueueSettings {
  paused: boolean;
  /** Undefined for the default. */
  maxEvents: number | undefined;
  /** How many points the metrics keep; undefined where ends are not counted. */
  metricPoints: number | undefined;
}

/** How many jobs have ended, in points of a minute. */
export interface EndCounts {
  /** In all. */
  count: number;
  /** The minute that runs, or ran when the last job ended; since 1970. */
  minute: number;
  /** How many had ended before it. */
  before: number;
  /** How many points there are. */
  size: number;
  /** Those that were asked for, the newest first. */
  points: number[];
}

/** Who was noted with `notePresent`. */
export interface Present {
  who: string;
  /** In so many milliseconds it counts as gone. */
  leftMs: number;
}

/** A job and the place in the events at which it was so. */
export interface JobLook {
  /** Redis' clock, ms. */
  time: number;
  /** Number of the last event. */
  eventNumber: number;
  /** Id of the last entry. */
  entryId: string;
  job: LoadedJob | undefined;
}

/** Log lines that a script returns at most. */
const PAGE_SIZE = 1000;
/** Ids of a state that a script returns at most. */
const LOOK_SIZE = 5000;
/** Jobs may be large: few a call. */
const LOAD_SIZE = 200;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** Reads a queue: one method, one script. What is longer than a script may return is read in several calls. */
export class InspectStore {
  constructor(private readonly scripts: Pick<ScriptRunner, 'run'>) {}

  async countJobs(): Promise<JobCounts> {
    const { waitingChildren, ...counts } = decodeCountJobsReply(await this.scripts.run(countJobs, []));
    return { ...counts, 'waiting-children': waitingChildren };
  }

  /** How many jobs wait in each of these priority classes, 0 being the jobs without a priority. */
  async countPriorities(priorities: readonly number[]): Promise<number[]> {
    const reply = await this.scripts.run(countPriorities, [], priorities.map(String));
    return decodeCountPrioritiesReply(reply).counts;
  }

  /** In the order of the ids; `undefined` for those that are not there. */
  async loadJobs(ids: readonly string[]): Promise<(LoadedJob | undefined)[]> {
    const jobs: (LoadedJob | undefined)[] = [];
    for (let first = 0; first < ids.length; first += LOAD_SIZE) {
      const slice = ids.slice(first, first + LOAD_SIZE);
      const stored = decodeLoadJobsReply(await this.scripts.run(loadJobs, [], slice)).jobs;
      for (const [i, id] of slice.entries()) {
        jobs.push(loadedJob(id, stored[i]!));
      }
    }
    return jobs;
  }

  /** With '' as id, the place in the events alone. */
  async lookAtJob(id: string): Promise<JobLook> {
    const { time, eventNumber, entryId, ...stored } = decodeLookAtJobReply(
      await this.scripts.run(lookAtJob, [id]),
    );
    return { time, eventNumber, entryId, job: loadedJob(id, stored) };
  }

  /**
   * Ids state after state, each once, in the order of the script; see lua/commands/list-jobs.lua. One look for all states: a
   * job that moves between two looks would be in none or in both. Only what is longer than a look is read on in others.
   */
  async listJobs(states: readonly ListedState[], page: Page): Promise<string[]> {
    const lists = await this.look(states, page);
    const ids = new Set<string>();
    for (const [i, list] of lists.entries()) {
      await eachPage(page, LOOK_SIZE, async (start) => {
        const found = start === page.start ? list : (await this.look([states[i]!], { ...page, start }))[0]!;
        found.forEach((id) => ids.add(id));
        return found.length;
      });
    }
    return [...ids];
  }

  private async look(states: readonly ListedState[], { start, stop, descending }: Page): Promise<string[][]> {
    const reply = await this.scripts.run(listJobs, [start, stop, descending ? 1 : 0], states);
    return decodeListJobsReply(reply).lists;
  }

  async getLogs(id: string, page: Page): Promise<{ logs: string[]; count: number }> {
    const flag = page.descending ? 1 : 0;
    const logs: string[] = [];
    let total = 0;
    await eachPage(page, PAGE_SIZE, async (start) => {
      const reply = await this.scripts.run(getLogs, [id, start, page.stop, flag]);
      const { count, lines } = decodeGetLogsReply(reply);
      total = count;
      logs.push(...lines);
      return lines.length;
    });
    return { logs, count: total };
  }

  async getSettings(): Promise<QueueSettings> {
    const { isPaused, ...known } = decodeGetSettingsReply(await this.scripts.run(getSettings, []));
    return { paused: isPaused, ...known };
  }

  async getMetrics(state: FinishedState, start: number, stop: number): Promise<EndCounts> {
    const reply = await this.scripts.run(getMetrics, [state, start, stop]);
    const { kept, points, ...counts } = decodeGetMetricsReply(reply);
    return { ...counts, size: kept, points: points.map(Number) };
  }

  /** How many delayed jobs are due before a time, ms since 1970. */
  countDue(before: number): Promise<number> {
    return this.scripts.run(countDue, [before]);
  }

  async listPresent(): Promise<Present[]> {
    const { time, present } = decodeListPresentReply(await this.scripts.run(listPresent, [REDIS_TIME]));
    return present.map(({ who, until }) => ({ who, leftMs: until - time }));
  }

  /** The job that a deduplication protects, '' for none. */
  getDedupOwner(id: string): Promise<string> {
    return this.scripts.run(getDedupOwner, [REDIS_TIME, id]);
  }

  /** Undefined for no such job. */
  async explainJob(id: string): Promise<JobExplanation | undefined> {
    return readExplanation(id, await this.scripts.run(explainJob, [REDIS_TIME, id]));
  }

  async getRateLimit(): Promise<RateLimitWindow> {
    const reply = await this.scripts.run(getRateLimit, [REDIS_TIME]);
    const { started, leftMs } = decodeGetRateLimitReply(reply);
    return { started: started === 'closed' ? 'closed' : Number(started), leftMs };
  }
}

/** Undefined where there is no body, and so no job. */
function loadedJob(id: string, { body, fields, state }: StoredParts): LoadedJob | undefined {
  return body === null
    ? undefined
    : { record: { id, body, fields: readFields(fields) }, state: state as JobState };
}

/** Reads on until a page is not full, or a start counted from the end has reached it. */
async function eachPage(page: Page, size: number, read: (start: number) => Promise<number>): Promise<void> {
  for (let start = page.start; ; start += size) {
    const full = (await read(start)) === size;
    const atEnd = start < 0 && start + size >= 0;
    if (!full || atEnd) {
      return;
    }
  }
}
