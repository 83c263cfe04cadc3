import type { GroupState } from './group.js';
import type { JobState } from './job-state.js';
import type { LimitState } from './limit.js';

/** Why a job does not run now, distinguished by `why`. Times are milliseconds from the moment of asking. */
export type WaitReason =
  /** It runs: for so long its lock still holds. Below 0 its worker seems to be dead, and the job is taken back. */
  | { why: 'running'; worker: string | undefined; lockMs: number }
  /** It has come to its end. */
  | { why: 'finished' }
  /** It is due then: delayed, asleep between two steps, or between two attempts. */
  | { why: 'delayed'; dueInMs: number; /** Reason of the attempt that has failed. */ failedReason?: string }
  /** The job of a slot, whose scheduler has `overlap: 'queue'`: the run before it is not over. */
  | { why: 'waits-for-run'; /** Of that run. */ jobId: string }
  | { why: 'awaits-signal'; signal: string; step: string; /** Until it goes on without. */ timeoutMs: number }
  | { why: 'waits-for-children'; pending: number }
  /** The whole queue is paused. */
  | { why: 'paused' }
  /** The queue's rate limit lets no job start. */
  | { why: 'rate-limited'; opensInMs: number }
  /** As many jobs run as the queue's global concurrency allows. */
  | { why: 'maxed'; concurrency: number; active: number }
  /** A limit that the job names lets it not start; where it is not the first reason, such a limit as it is now. */
  | { why: 'limited'; limit: LimitState; /** Jobs that it lets start before. */ ahead: number }
  /** Its group is paused. */
  | { why: 'group-paused'; group: GroupState; /** Jobs of the group that come first. */ ahead: number }
  /** The rate limit of its group lets no job start, see `group.opensInMs`. */
  | { why: 'group-limited'; group: GroupState; ahead: number }
  /** As many jobs of its group run as may. */
  | { why: 'group-maxed'; group: GroupState; ahead: number }
  /** It may start: so many jobs come first (of its group, where it has one), and so many run. */
  | {
      why: 'turn';
      ahead: number;
      active: number;
      /** Groups that have their turn before. */ groupsAhead?: number;
    }
  /** It may start, and nobody takes it: no worker runs a job of the queue. */
  | { why: 'no-worker' };

/** Why a job is where it is. */
export interface JobExplanation {
  jobId: string;
  state: JobState;
  /** The first is what holds it now; the others would hold it next. Never empty. */
  reasons: [WaitReason, ...WaitReason[]];
}
