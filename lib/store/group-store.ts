import { decodeGetGroupReply, type GroupParts, readGroupParts } from '../job/wire.generated.js';
import { GROUP_STATUSES, type GroupEntry, type GroupState, type GroupStatus } from '../job/group.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import {
  closeGroup,
  countGroups,
  getGroup,
  limitGroup,
  listGroups,
  listJobs,
  pauseGroup,
} from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';

/** Scripts take the time from Redis. */
const REDIS_TIME = 0;
/** Groups, or jobs, that one call lists. */
const LIST_SIZE = 5000;

/** The groups of one queue: one method, one script. All may be repeated. */
export class GroupStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
  ) {}

  /** Jobs at a time, 0 for what workers say. Returns ok or unchanged. */
  setConcurrency(id: string, concurrency: number): Promise<string> {
    return this.repeat(() => this.scripts.run(limitGroup, [REDIS_TIME, id, 'concurrency', concurrency, 0]));
  }

  /** A `max` of 0 for what workers say. Returns ok or unchanged. */
  setRate(id: string, max: number, durationMs: number): Promise<string> {
    return this.repeat(() => this.scripts.run(limitGroup, [REDIS_TIME, id, 'rate', max, durationMs]));
  }

  /** Forgets all that was set for a group, a pause too. Returns ok or unchanged. */
  forget(id: string): Promise<string> {
    return this.repeat(() => this.scripts.run(limitGroup, [REDIS_TIME, id, 'all', 0, 0]));
  }

  /** Returns ok or unchanged. */
  pause(id: string, paused: boolean): Promise<string> {
    return this.repeat(() => this.scripts.run(pauseGroup, [REDIS_TIME, id, paused ? 1 : 0]));
  }

  /** Lets no job of the group start for that long. */
  async close(id: string, durationMs: number): Promise<void> {
    await this.repeat(() => this.scripts.run(closeGroup, [REDIS_TIME, id, durationMs]));
  }

  /** How many groups there are by their status, and how many jobs wait in them. */
  async count(): Promise<{ groups: Record<GroupStatus, number>; jobs: number }> {
    const reply = (await this.calls.read(() => this.scripts.run(countGroups, []))) as number[];
    const counts = GROUP_STATUSES.map((status, i) => [status, reply[i] ?? 0] as const);
    return { groups: Object.fromEntries(counts) as Record<GroupStatus, number>, jobs: reply[4] ?? 0 };
  }

  /**
   * @param status all where there is none, those in turn first
   * @param stop negative from the end, as `start`
   */
  async list(status: GroupStatus | undefined, start: number, stop: number): Promise<GroupEntry[]> {
    const parts = await this.pages(start, stop, (first) =>
      this.scripts.run(listGroups, [status ?? '', first, stop]),
    );
    const groups: GroupEntry[] = [];
    for (let at = 0; at < parts.length; at += 2) {
      groups.push({ status: parts[at] as GroupStatus, id: parts[at + 1] as string });
    }
    return groups;
  }

  /** Ids of the jobs that wait in a group, in the order of their turns. */
  jobs(id: string, start: number, stop: number): Promise<string[]> {
    return this.pages(start, stop, async (first) => {
      const [ids] = (await this.scripts.run(listJobs, [first, stop, 0], [`group ${id}`])) as [string[]];
      return ids;
    });
  }

  /**
   * @param priorities whose jobs are counted
   */
  async read(
    id: string,
    priorities: readonly number[] = [],
  ): Promise<{ group: GroupState; counts: number[] }> {
    const reply = await this.calls.read(() =>
      this.scripts.run(getGroup, [REDIS_TIME, id], priorities.map(String)),
    );
    const { group, counts } = decodeGetGroupReply(reply);
    return { group: groupState(readGroupParts(group)), counts: counts.map(Number) };
  }

  /** Page after page, as long as one is full. A page that is counted from the end is taken at once. */
  private async pages(
    start: number,
    stop: number,
    look: (first: number) => Promise<unknown>,
  ): Promise<string[]> {
    const all: string[] = [];
    for (let first = start, more = true; more;) {
      const parts = (await this.calls.read(() => look(first))) as string[];
      all.push(...parts);
      first += LIST_SIZE;
      more = parts.length >= LIST_SIZE && (start < 0 ? first < 0 : true);
    }
    return all;
  }

  private repeat(attempt: () => Promise<unknown>): Promise<string> {
    return this.calls.repeatable(attempt) as Promise<string>;
  }
}

/** What the parts of a reply say of a group, see lua/shared/describe-group.lua. */
export function groupState({ status, max, duration = 0, ...group }: GroupParts): GroupState {
  return {
    ...group,
    status: status === '' ? undefined : (status as GroupStatus),
    limit: max === undefined ? undefined : { max, duration },
  };
}
