import type { JobExplanation, WaitReason } from '../job/explanation.js';
import type { GroupState } from '../job/group.js';
import { type JobFields, readFields } from '../job/job-record.js';
import type { JobState } from '../job/job-state.js';
import { decodeJson } from '../job/json.js';
import { readGroup } from './group-store.js';
import { LIMIT_PARTS, numberIn, readLimit } from './limit-store.js';

/** A reply of explain-job, read. */
interface Look {
  now: number;
  fields: JobFields;
  isPaused: boolean;
  closedMs: number;
  concurrency: number | undefined;
  max: number | undefined;
  active: number;
  alive: number;
  started: number;
  windowMs: number;
  ahead: number;
  /** When it is due, or its lock expires. */
  at: number;
  /** Id of the run before, which the job of a slot waits for. */
  heldBy: string;
  /** Of a job that waits in one. */
  group: GroupState | undefined;
  limits: (string | number)[];
}

/** Makes an explanation of what explain-job replies; undefined for no such job. */
export function readExplanation(jobId: string, reply: readonly unknown[]): JobExplanation | undefined {
  const [now, state, fields, paused, closedMs, limits, active, alive, started, windowMs, ...others] = reply;
  const [ahead, at, heldBy, group, ...rest] = others;
  if (state === '') {
    return undefined;
  }
  const [concurrency, max] = String(limits).split(',');
  const look: Look = {
    ...{ now: Number(now), fields: readFields(fields as string[]), isPaused: paused === 1 },
    ...{ closedMs: Number(closedMs), concurrency: numberIn(concurrency), max: numberIn(max) },
    ...{ active: Number(active), alive: Number(alive), started: Number(started), windowMs: Number(windowMs) },
    ...{ ahead: Number(ahead), at: Number(at) },
    group: (group as string[]).length > 0 ? readGroup(group as string[]) : undefined,
    ...{ heldBy: String(heldBy), limits: rest as (string | number)[] },
  };
  return { jobId, state: state as JobState, reasons: reasonsOf(state as JobState, look) };
}

function reasonsOf(state: JobState, look: Look): [WaitReason, ...WaitReason[]] {
  const { now, fields, at } = look;
  switch (state) {
    case 'completed':
    case 'failed':
      return [{ why: 'finished' }];
    case 'active':
      return [{ why: 'running', worker: fields.processedBy, lockMs: at - now }];
    case 'waiting-children':
      return [{ why: 'waits-for-children', pending: Number(fields.pending ?? 0) }];
    case 'delayed':
      return [delayOf(look), ...queueReasons(look)];
    default:
      return waitReasons(look);
  }
}

function delayOf({ now, fields, at, heldBy }: Look): WaitReason {
  const [, step, , signal] = fields.awaits?.split('\t') ?? [];
  if (step !== undefined && signal !== undefined) {
    return { why: 'awaits-signal', signal, step, timeoutMs: at - now };
  }
  if (heldBy !== '') {
    return { why: 'waits-for-run', jobId: heldBy };
  }
  const { failedReason } = fields;
  return {
    ...{ why: 'delayed', dueInMs: Math.max(at - now, 0) },
    ...(failedReason === undefined ? {} : { failedReason: decodeJson<string>(failedReason) }),
  };
}

/** What holds all jobs of the queue. */
function queueReasons({
  isPaused,
  closedMs,
  concurrency,
  max,
  active,
  started,
  windowMs,
}: Look): WaitReason[] {
  const reasons: WaitReason[] = [];
  if (isPaused) reasons.push({ why: 'paused' });
  if (closedMs > 0) reasons.push({ why: 'rate-limited', opensInMs: closedMs });
  else if (max !== undefined && started >= max && windowMs > 0) {
    reasons.push({ why: 'rate-limited', opensInMs: windowMs });
  }
  if (concurrency !== undefined && active >= concurrency) reasons.push({ why: 'maxed', concurrency, active });
  return reasons;
}

const HELD_IN_GROUP = {
  waiting: undefined,
  limited: 'group-limited',
  maxed: 'group-maxed',
  paused: 'group-paused',
} as const;

function waitReasons(look: Look): [WaitReason, ...WaitReason[]] {
  const { fields, ahead, active, alive, limits, group } = look;
  const reasons = queueReasons(look);
  for (let first = 0; first < limits.length; first += LIMIT_PARTS) {
    const limit = readLimit(limits.slice(first, first + LIMIT_PARTS));
    if (limit.name === fields.limitedBy) {
      reasons.push({ why: 'limited', limit, ahead });
    }
  }
  const held = group?.status && HELD_IN_GROUP[group.status];
  if (held && fields.limitedBy === undefined) {
    reasons.push({ why: held, group, ahead });
  }
  if (reasons.length === 0) {
    const turn = group ? { groupsAhead: group.ahead } : {};
    reasons.push(alive === 0 ? { why: 'no-worker' } : { why: 'turn', ahead, active, ...turn });
  }
  return reasons as [WaitReason, ...WaitReason[]];
}
