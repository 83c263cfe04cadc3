import type { JobWrite } from '../../lib/job/job-write.js';
import { removeJob } from '../../lib/redis/scripts.generated.js';
import { runCommit } from './commit-call.js';
import { addDedup, type DedupRule } from './dedup-call.js';
import { SEED_TIME, type ScriptLab } from './script-lab.js';

/** What can have become of the first job of a deduplication when the next one is added. */
export const OWNER_STATES = [
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'backoff',
  'sleeping',
  'completed',
  'failed',
  'removed',
  'auto-removed',
  'replaced',
] as const;

export type OwnerState = (typeof OWNER_STATES)[number];

export const OWNER_DELAY_MS = 10_000;

/** How a run of job 1 under its first token ends. */
const ENDS: Partial<Record<OwnerState, JobWrite>> = {
  backoff: ['retry', '1', 'w:1', '"no"', '[]', String(OWNER_DELAY_MS), ''],
  sleeping: ['postpone', '1', 'w:1', String(OWNER_DELAY_MS)],
  completed: ['complete', '1', 'w:1', '"done"', ''],
  failed: ['fail', '1', 'w:1', '"no"', '[]', '', '1'],
  'auto-removed': ['complete', '1', 'w:1', '"done"', '0,,'],
};

/**
 * Adds a job of that rule at SEED_TIME, and a few milliseconds later has it in that state. Returns the id of the job
 * that the deduplication then protects, or did last.
 */
export async function bringOwner(lab: ScriptLab, state: OwnerState, rule: DedupRule): Promise<string> {
  const delayed = state === 'delayed' || state === 'replaced';
  const placement = delayed ? { delay: OWNER_DELAY_MS } : state === 'prioritized' ? { priority: 5 } : {};
  const first = { ...rule, ...placement };
  await addDedup(lab, [first], { now: SEED_TIME, writer: 'setup', seq: '1' });
  if (state === 'replaced') {
    const second = { ...first, replace: true };
    await addDedup(lab, [second], { now: SEED_TIME + 1, writer: 'setup', seq: '2' });
    return '2';
  }
  if (state === 'removed') {
    await lab.run(removeJob, [SEED_TIME + 1, 'setup', '2', '1']);
    return '1';
  }
  const end = ENDS[state];
  if (end || state === 'active') {
    await runCommit(lab, [], { now: SEED_TIME + 1, writer: 'setup', seq: '2', want: 1 });
  }
  if (end) {
    await runCommit(lab, [end], { now: SEED_TIME + 2, writer: 'setup', seq: '3' });
  }
  return '1';
}
