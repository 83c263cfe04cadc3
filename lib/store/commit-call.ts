import { groupLimitsText } from '../job/group.js';
import type { JobRecord } from '../job/job-record.js';
import { readFields } from '../job/job-record.js';
import { type CommitReply, decodeCommitReply, type Encoded, type Started } from '../job/wire.generated.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { commit } from '../redis/scripts.generated.js';
import type { NumberedCall } from './calls.js';

/** What a worker says when it asks for jobs. */
export interface Grant {
  /** First part of the tokens granted. */
  worker: string;
  /** Kept as processedBy, '' for none. */
  name: string;
  lockMs: number;
  limiter: { max: number; duration: number } | undefined;
  /** Jobs that have to wait for any to be started; 0 for any number. */
  least?: number;
  /** Of groups that have none of their own, see `groupLimitsText`. */
  groups: string;
}

/** What a call brought besides the words. */
export interface Fetched {
  wanted: number;
  jobs: JobRecord[];
  /** When the call was sent, by `runtime.monotonicMs`: locks that it granted are not older. */
  sentAt: number;
  /** Milliseconds until the next delayed job is due or a limit opens, -1 when nothing like that is known. */
  dueInMs: number;
  /** Milliseconds that the rate limit asks to wait; -1 when nothing was started though something waits, for another limit. */
  limitedForMs: number;
  /** In how many milliseconds to look at the queue's outbox, -1 when all in it has been received. */
  undeliveredMs: number;
}

/** Of calls that only write. */
export const NO_GRANT: Grant = {
  worker: '',
  name: '',
  lockMs: 0,
  limiter: undefined,
  groups: groupLimitsText(),
};
const NO_LIMIT = { max: 0, duration: 0 };

/** One call of the commit script. */
export async function runCommit(
  runner: ScriptRunner,
  { writer, seq }: NumberedCall,
  { worker, name, lockMs, limiter, least = 0, groups }: Grant,
  wanted: number,
  handOn: boolean,
  rest: Encoded<'commit'>,
): Promise<CommitReply> {
  const { max, duration } = limiter ?? NO_LIMIT;
  // Tokens count the grants of a job, and a job of that id may have lived before: the call makes them unique.
  const holder = `${worker}.${writer}.${seq}`;
  const args = [
    0,
    writer,
    seq,
    handOn ? 1 : 0,
    wanted,
    holder,
    name,
    lockMs,
    max,
    duration,
    least,
    groups,
  ] as const;
  return decodeCommitReply(await runner.run(commit, args, rest));
}

export function readFetched(wanted: number, reply: CommitReply, sentAt: number): Fetched {
  const { started, dueInMs, limitedForMs, undeliveredMs } = reply;
  return { wanted, jobs: started.map(jobRecord), sentAt, dueInMs, limitedForMs, undeliveredMs };
}

/** A job that a call has granted, as its reply has it. */
export function jobRecord({ id, body, token, fields }: Started): JobRecord {
  return { id, body, token, fields: readFields(fields) };
}
