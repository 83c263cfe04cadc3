import { checkGroupId, checkInteger, PRIORITY_LIMIT } from '../job/check.js';
import { InvalidOptionError } from '../job/errors.js';
import { GROUP_STATUSES, type GroupEntry, type GroupState, type GroupStatus } from '../job/group.js';
import { Job } from '../job/job.js';
import { checkRate, type RateLimit } from '../job/limit.js';
import { checkRange } from './arguments.js';
import { QueueLimits } from './queue-limits.js';

/**
 * Groups of jobs, see the option `group` of a job. A group is there while jobs of it wait or run, or something was set for it; nobody has
 * to make or remove one. Ids may be numbers; they are given back as texts.
 */
export class QueueGroups<J extends Job = Job> extends QueueLimits<J> {
  /** Lets at most so many jobs of this group run at the same time, in place of the `group.concurrency` of workers. */
  async setGroupConcurrency(groupId: string | number, concurrency: number): Promise<void> {
    checkInteger('concurrency', concurrency, 1);
    await this.store.groups.setConcurrency(checkGroupId('group id', groupId), concurrency);
  }

  /** What was set for this very group; null where nothing was. */
  async getGroupConcurrency(groupId: string | number): Promise<number | null> {
    return (await this.getGroup(groupId)).concurrency ?? null;
  }

  /** For the group holds again what workers say. */
  async removeGroupConcurrency(groupId: string | number): Promise<void> {
    await this.store.groups.setConcurrency(checkGroupId('group id', groupId), 0);
  }

  /**
   * Lets at most `max` jobs of this group start in a window of `duration` milliseconds, which opens at its first start, in place of the
   * `group.limit` of workers.
   */
  async setGroupRateLimit(groupId: string | number, max: number, duration: number): Promise<void> {
    checkRate('', max, duration);
    await this.store.groups.setRate(checkGroupId('group id', groupId), max, duration);
  }

  /** What was set for this very group; null where nothing was. */
  async getGroupRateLimit(groupId: string | number): Promise<RateLimit | null> {
    return (await this.getGroup(groupId)).limit ?? null;
  }

  /** For the group holds again what workers say. */
  async removeGroupRateLimit(groupId: string | number): Promise<void> {
    await this.store.groups.setRate(checkGroupId('group id', groupId), 0, 0);
  }

  /**
   * Milliseconds until jobs of the group may start again; 0 when no rate limit holds them back.
   * @param maxJobs starts a window, such as those that workers say; default the limit of the group's own, without any what is left of
   * the window
   */
  async getGroupRateLimitTtl(groupId: string | number, maxJobs?: number): Promise<number> {
    const { closedMs, limit, started, windowMs } = await this.getGroup(groupId);
    const max = maxJobs ?? limit?.max;
    return Math.max(closedMs, max === undefined || started >= max ? windowMs : 0);
  }

  /** Lets no further job of the group start; those that run go on. Returns false where it was paused. */
  async pauseGroup(groupId: string | number): Promise<boolean> {
    return (await this.store.groups.pause(checkGroupId('group id', groupId), true)) === 'ok';
  }

  /** Returns false where the group was not paused. */
  async resumeGroup(groupId: string | number): Promise<boolean> {
    return (await this.store.groups.pause(checkGroupId('group id', groupId), false)) === 'ok';
  }

  /** All there is to say of one group, also of one that has no jobs. */
  async getGroup(groupId: string | number): Promise<GroupState> {
    return (await this.store.groups.read(checkGroupId('group id', groupId))).group;
  }

  /** Groups in which jobs wait, and those that are paused: first those that take turns, by their turns. */
  async getGroups(start = 0, end = -1): Promise<GroupEntry[]> {
    checkRange(start, end);
    return this.store.groups.list(undefined, start, end);
  }

  async getGroupsByStatus(status: GroupStatus, start = 0, end = -1): Promise<GroupEntry[]> {
    if (!GROUP_STATUSES.includes(status)) {
      throw new InvalidOptionError('group status', status, `Use one of ${GROUP_STATUSES.join(', ')}.`);
    }
    checkRange(start, end);
    return this.store.groups.list(status, start, end);
  }

  /** How many groups `getGroups` lists. */
  async getGroupsCount(): Promise<number> {
    return Object.values(await this.getGroupsCountByStatus()).reduce((sum, count) => sum + count, 0);
  }

  async getGroupsCountByStatus(): Promise<Record<GroupStatus, number>> {
    return (await this.store.groups.count()).groups;
  }

  /** Undefined where no job waits in the group, and it is not paused. */
  async getGroupStatus(groupId: string | number): Promise<GroupStatus | undefined> {
    return (await this.getGroup(groupId)).status;
  }

  /** How many jobs wait in all groups. */
  async getGroupsJobsCount(): Promise<number> {
    return (await this.store.groups.count()).jobs;
  }

  /** How many jobs wait in a group. */
  async getGroupJobsCount(groupId: string | number): Promise<number> {
    return (await this.getGroup(groupId)).waiting;
  }

  /** How many jobs of a group run. */
  async getGroupActiveCount(groupId: string | number): Promise<number> {
    return (await this.getGroup(groupId)).active;
  }

  /** Jobs that wait in a group, in the order of their turns. */
  async getGroupJobs(groupId: string | number, start = 0, end = -1): Promise<J[]> {
    checkRange(start, end);
    const ids = await this.store.groups.jobs(checkGroupId('group id', groupId), start, end);
    const loaded = await this.store.inspect.loadJobs(ids);
    return loaded.flatMap((job) =>
      job ? [Job.fromRecord(this.store.jobs, job.record) as unknown as J] : [],
    );
  }

  /** How many jobs of a group wait in each of these priorities. */
  async getCountsPerPriorityForGroup(
    groupId: string | number,
    priorities: number[],
  ): Promise<Record<string, number>> {
    const id = checkGroupId('group id', groupId);
    for (const priority of priorities) {
      checkInteger('priority', priority, 0, PRIORITY_LIMIT);
    }
    const { counts } = await this.store.groups.read(id, priorities);
    return Object.fromEntries(priorities.map((priority, i) => [String(priority), counts[i] ?? 0]));
  }

  /**
   * Repairs nothing, since there is nothing to repair: a group is `maxed` as long as jobs of it run, and each end of a run looks at it. For applications that
   * call it in BullMQ Pro.
   */
  async repairMaxedGroup(groupId: string | number): Promise<void> {
    await this.getGroup(groupId);
  }

  /**
   * Removes the jobs that wait in a group, those that wait for a limit among them, and forgets what was set for it. Jobs that run or are delayed stay,
   * and the next one that a scheduler brings. Returns how many were removed.
   */
  async deleteGroup(groupId: string | number): Promise<number> {
    const id = checkGroupId('group id', groupId);
    const removed: string[] = [];
    await this.cleanPlace(`group ${id}`, 0, 0, removed);
    await this.cleanPlace(`sidelined ${id}`, 0, 0, removed);
    await this.store.groups.forget(id);
    await this.store.delivery.deliver();
    return removed.length;
  }

  /** As `deleteGroup`, for all groups in which jobs wait, and those that are paused. Returns how many jobs were removed. */
  async deleteGroups(): Promise<number> {
    const atLimits: string[] = [];
    await this.cleanPlace('sidelined ', 0, 0, atLimits);
    let removed = atLimits.length;
    for (const { id } of await this.getGroups()) {
      removed += await this.deleteGroup(id);
    }
    return removed;
  }

  /** @internal */
  protected override async placesInGroups(): Promise<`group ${string}`[]> {
    const groups = await this.store.groups.list(undefined, 0, -1);
    return groups.map(({ id }) => `group ${id}` as const);
  }
}
