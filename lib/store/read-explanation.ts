import type { JobExplanation, WaitReason } from '../job/explanation.js';
import type { GroupState } from '../job/group.js';
import { type JobFields, readFields } from '../job/job-record.js';
import type { JobState } from '../job/job-state.js';
import { decodeJson } from '../job/json.js';
import type { LimitState } from '../job/limit.js';
import { decodeExplainJobReply, type ExplainJobReply, readAwaitedSignal } from '../job/wire.generated.js';
import { groupState } from './group-store.js';
import { limitState } from './limit-store.js';

/** A reply of explain-job, read: `at` says when the job is due, or its lock expires, `heldBy` the run before that one of a slot waits for. */
interface Look extends Omit<ExplainJobReply, 'state' | 'fields' | 'group'> {
  fields: JobFields;
  /** Of a job that waits in one. */
  group: GroupState | undefined;
}

/** Makes an explanation of what explain-job replies; undefined for no such job. */
export function readExplanation(jobId: string, reply: unknown): JobExplanation | undefined {
  const { state, fields, group, ...look } = decodeExplainJobReply(reply);
  if (state === '') {
    return undefined;
  }
  const read: Look = { ...look, fields: readFields(fields), group: group && groupState(group) };
  return { jobId, state: state as JobState, reasons: reasonsOf(state as JobState, read) };
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
  const awaited = readAwaitedSignal(fields.awaits ?? '');
  if (awaited) {
    const { signal, step } = awaited;
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
  const { fields, ahead, active, alive, group } = look;
  const reasons = queueReasons(look);
  const limits = look.named.map(limitState);
  for (const limit of limits) {
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
  for (const limit of limits) {
    if (limit.name !== fields.limitedBy && isClosed(limit)) {
      reasons.push({ why: 'limited', limit, ahead: limit.waiting });
    }
  }
  return reasons as [WaitReason, ...WaitReason[]];
}

/** Whether it would let no further job start. */
function isClosed({ isDefined, isPaused, ...limit }: LimitState): boolean {
  const { concurrency, places = concurrency, active, max, started, windowMs } = limit;
  const isMaxed = places !== undefined && active >= places;
  const isUsedUp = max !== undefined && started >= max && windowMs > 0;
  return !isDefined || isPaused || isMaxed || isUsedUp;
}
