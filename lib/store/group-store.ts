import {
  decodeCountGroupsReply,
  decodeGetGroupReply,
  decodeListGroupsReply,
  decodeListJobsReply,
  type GroupParts,
} from '../job/wire.generated.js';
import type { GroupEntry, GroupState, GroupStatus } from '../job/group.js';
import type { ReplyOf } from '../redis/script.js';
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

  /** Jobs at a time, 0 for what workers say. */
  setConcurrency(id: string, concurrency: number): Promise<ReplyOf<typeof limitGroup>> {
    return this.calls.repeatable(() =>
      this.scripts.run(limitGroup, [REDIS_TIME, id, 'concurrency', concurrency, 0]),
    );
  }

  /** A `max` of 0 for what workers say. */
  setRate(id: string, max: number, durationMs: number): Promise<ReplyOf<typeof limitGroup>> {
    return this.calls.repeatable(() =>
      this.scripts.run(limitGroup, [REDIS_TIME, id, 'rate', max, durationMs]),
    );
  }

  /** Forgets all that was set for a group, a pause too. */
  forget(id: string): Promise<ReplyOf<typeof limitGroup>> {
    return this.calls.repeatable(() => this.scripts.run(limitGroup, [REDIS_TIME, id, 'all', 0, 0]));
  }

  pause(id: string, paused: boolean): Promise<ReplyOf<typeof pauseGroup>> {
    return this.calls.repeatable(() => this.scripts.run(pauseGroup, [REDIS_TIME, id, paused ? 1 : 0]));
  }

  /** Lets no job of the group start for that long. */
  async close(id: string, durationMs: number): Promise<void> {
    await this.calls.repeatable(() => this.scripts.run(closeGroup, [REDIS_TIME, id, durationMs]));
  }

  /** How many groups there are by their status, and how many jobs wait in them. */
  async count(): Promise<{ groups: Record<GroupStatus, number>; jobs: number }> {
    const reply = await this.calls.read(() => this.scripts.run(countGroups, []));
    const { jobs, ...groups } = decodeCountGroupsReply(reply);
    return { groups, jobs };
  }

  /**
   * @param status all where there is none, those in turn first
   * @param stop negative from the end, as `start`
   */
  async list(status: GroupStatus | undefined, start: number, stop: number): Promise<GroupEntry[]> {
    const groups = await this.pages(start, stop, async (first) => {
      const reply = await this.scripts.run(listGroups, [status ?? '', first, stop]);
      return decodeListGroupsReply(reply).groups;
    });
    return groups as GroupEntry[];
  }

  /** Ids of the jobs that wait in a group, in the order of their turns. */
  jobs(id: string, start: number, stop: number): Promise<string[]> {
    return this.pages(start, stop, async (first) => {
      const reply = await this.scripts.run(listJobs, [first, stop, 0], [`group ${id}`]);
      return decodeListJobsReply(reply).lists[0]!;
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
    return { group: groupState(group), counts };
  }

  /** Page after page, as long as one is full. A page that is counted from the end is taken at once. */
  private async pages<Item>(
    start: number,
    stop: number,
    look: (first: number) => Promise<Item[]>,
  ): Promise<Item[]> {
    const all: Item[] = [];
    for (let first = start, more = true; more;) {
      const page = await this.calls.read(() => look(first));
      all.push(...page);
      first += LIST_SIZE;
      more = page.length >= LIST_SIZE && (start < 0 ? first < 0 : true);
    }
    return all;
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
