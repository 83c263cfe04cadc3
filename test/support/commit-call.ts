import { decodeCommitReply, encodeCommit } from '../../lib/job/wire.generated.js';
import type { JobWrite } from '../../lib/job/job-write.js';
import { commit } from '../../lib/redis/scripts.generated.js';
import type { ScriptLab, Trial } from './script-lab.js';
import { SEED_TIME } from './seed-queue.js';

export interface CommitOptions {
  now?: number;
  writer?: string;
  seq?: string;
  relay?: number;
  want?: number;
  worker?: string;
  name?: string;
  lock?: number;
  max?: number;
  duration?: number;
  least?: number;
  /** 'concurrency,max,duration' of each group. */
  groups?: string;
  /** In place of the one that ships. */
  script?: typeof commit;
}

/** A job that a commit started, as the reply tells of it. */
export interface StartedJob {
  id: string;
  body: string;
  token: string;
  fields: string[];
}

export interface CommitTrial extends Trial {
  /** A word for each write. */
  words: string[];
  dueInMs: number;
  limitedForMs: number;
  /** Redis' time of the call. */
  time: string;
  /** How long somebody else delivers the outbox, -1 when it is empty. */
  undeliveredMs: number;
  /** What the call has posted, in the form `brought`. */
  posted: string[];
  jobs: StartedJob[];
}

/** Now, unless a commit says otherwise. */
export const COMMIT_TIME = SEED_TIME + 1000;
export const LOCK_MS = 30_000;

/** Runs a commit, with the worker `w` and no wish for jobs unless an option says otherwise. */
export async function runCommit(
  lab: ScriptLab,
  writes: readonly JobWrite[],
  options: CommitOptions = {},
): Promise<CommitTrial> {
  const { now = COMMIT_TIME, writer = 'a', seq = '1', relay = 0, want = 0, worker = 'w' } = options;
  const {
    name = '',
    lock = LOCK_MS,
    max = 0,
    duration = 0,
    least = 0,
    groups = ',,,',
    script = commit,
  } = options;
  const args = [now, writer, seq, relay, want, worker, name, lock, max, duration, least, groups] as const;
  const trial = await lab.run(script, [...args], encodeCommit(writes));
  const { started, ...reply } = decodeCommitReply(trial.reply);
  return { ...trial, ...reply, jobs: started };
}
