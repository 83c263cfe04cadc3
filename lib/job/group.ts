import { checkInteger, checkGroupId, PRIORITY_LIMIT } from './check.js';
import { InvalidOptionError } from './errors.js';
import { refuseUnknown } from './known-names.js';
import { checkRate, type RateLimit } from './limit.js';
import { groupGrantText, readGroupedPriority, specGroupText } from './wire.generated.js';

/** Highest weight of a group. */
export const MOST_WEIGHT = 1000;

/** The group of a job. Groups of a queue take turns, so that one with many jobs does not hold up those of others. */
export interface GroupOptions {
  /** Such as a customer's id. A number is as good as its digits. */
  id: string | number;
  /** 0 to 2,097,151 within the group; lower numbers run first. Default: the job's own `priority`, or 0. */
  priority?: number;
  /**
   * Adds nothing where so many jobs wait in the group, but throws `GroupMaxSizeExceededError`. Those that wait for a limit count, those that are
   * delayed or run do not. `addBulk` then adds none of its jobs; a scheduler skips the slot. Refused for jobs of flows. Default: no limit.
   */
  maxSize?: number;
  /** Turns that the group has while others have one, 1 to 1000; the job added last says it. Default: as it is, or 1. */
  weight?: number;
}

/**
 * Where the jobs of a group are that wait: in turn, held back by the group's rate limit or its concurrency, or paused.
 */
export type GroupStatus = 'waiting' | 'limited' | 'maxed' | 'paused';

export const GROUP_STATUSES: readonly GroupStatus[] = ['waiting', 'limited', 'maxed', 'paused'];

/** A group as it is listed. */
export interface GroupEntry {
  id: string;
  status: GroupStatus;
}

/** What holds for each group that has no limits of its own: an option of workers, alike for all of a queue. */
export interface GroupLimits {
  /** Jobs of a group at the same time, over all workers. Default: any number. */
  concurrency?: number;
  /** Starts of a group in a window, which opens at its first start. Default: any number. */
  limit?: RateLimit;
}

/** A group as it is now. */
export interface GroupState {
  id: string;
  /** Undefined where no job waits in it, and it is not paused. */
  status: GroupStatus | undefined;
  /** Jobs that wait in it, but for those that wait for a limit. */
  waiting: number;
  /** Jobs of it that wait for a limit which they name. */
  sidelined: number;
  /** Jobs of it that run. */
  active: number;
  weight: number;
  isPaused: boolean;
  /** Of its own, in place of what workers say. */
  concurrency: number | undefined;
  /** Of its own, in place of what workers say. */
  limit: RateLimit | undefined;
  /** Starts in the window that is open. */
  started: number;
  /** Milliseconds until that window ends; 0 where none is open. */
  windowMs: number;
  /** Milliseconds for which `worker.rateLimitGroup` lets no job of it start. */
  closedMs: number;
  /** Groups that have their turn before. */
  ahead: number;
  /** Of a limited one, milliseconds until it takes turns again. */
  opensInMs: number;
}

const GROUP_OPTIONS = ['id', 'priority', 'maxSize', 'weight'];

/** Throws an `InvalidOptionError` for a group that cannot be. */
export function checkGroup(option: string, value: unknown): asserts value is GroupOptions {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, "Use an object with `id`, such as { id: 'customer-7' }.");
  }
  refuseUnknown(`${option}.`, value, GROUP_OPTIONS);
  const { id, priority, maxSize, weight } = value as GroupOptions;
  checkGroupId(`${option}.id`, id);
  if (priority !== undefined) checkInteger(`${option}.priority`, priority, 0, PRIORITY_LIMIT);
  if (maxSize !== undefined) checkInteger(`${option}.maxSize`, maxSize, 1);
  if (weight !== undefined) checkInteger(`${option}.weight`, weight, 1, MOST_WEIGHT);
}

/** Throws an `InvalidOptionError` for limits of groups that cannot be. */
export function checkGroupLimits(option: string, value: unknown): asserts value is GroupLimits {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(option, value, 'Use an object, such as { concurrency: 2 }.');
  }
  refuseUnknown(`${option}.`, value, ['concurrency', 'limit']);
  const { concurrency, limit } = value as GroupLimits;
  if (concurrency !== undefined) checkInteger(`${option}.concurrency`, concurrency, 1);
  if (limit !== undefined) {
    if (typeof limit !== 'object' || limit === null) {
      throw new InvalidOptionError(
        `${option}.limit`,
        limit,
        'Use an object, such as { max: 10, duration: 1000 }.',
      );
    }
    refuseUnknown(`${option}.limit.`, limit, ['max', 'duration']);
    checkRate(`${option}.limit`, limit.max, limit.duration);
  }
}

/** As scripts take it: see `read_spec` in lua/shared/read-spec.lua. '' for no group. */
export function groupText(group: GroupOptions | undefined): string {
  return group ? specGroupText(group.weight ?? '', '', group.maxSize ?? '', String(group.id)) : '';
}

/**
 * As a worker's call says it: see `groups` of lua/commands/commit.lua.
 * @param oneGroup whether a call is to start jobs of one group alone
 */
export function groupLimitsText({ concurrency, limit }: GroupLimits = {}, oneGroup = false): string {
  return groupGrantText(concurrency ?? '', limit?.max ?? '', limit?.duration ?? '', oneGroup ? '1' : '');
}

/** The priority in the field of a job's record, which may name a group besides. */
export function priorityIn(field: string): string {
  const { priority = field } = readGroupedPriority(field) ?? {};
  return String(priority);
}
