import type { JobFields } from '../../lib/job/job-record.js';
import { decodeCommitReply, decodeRecoverStalledReply, type Started } from '../../lib/job/wire.generated.js';
import { readEntries } from './commit-entries.js';
import type { ScriptName } from './simulated-scripts.js';

/** One call of a script, as it is sent. Where a script takes the time, it is the first argument. */
export interface Call {
  script: ScriptName;
  args: (string | number)[];
  rest: readonly string[];
}

/** A job as commit and recover-stalled hand it over. */
export interface GrantedJob {
  id: string;
  body: string;
  token: string;
  fields: JobFields;
}

/** Reply of a script in the form in which replies are compared. */
export type Reply = unknown;

export interface CommitReply {
  words: string[];
  dueInMs: number;
  limitedForMs: number;
  time: string;
  jobs: GrantedJob[];
}

export interface RecoverReply {
  ids: string[];
  graceMs: number;
  jobs: GrantedJob[];
}

/** Scripts that remember their last call of each writer; writer and number follow the time. */
export const NUMBERED: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'addJobs',
  'addPlain',
  'changeDelay',
  'changePriority',
  'cleanJobs',
  'commit',
  'promoteJob',
  'removeDedupKey',
  'removeJob',
  'retryJob',
]);

/** A job that a call asks to add, in its order, with the word that it was answered. */
export interface AskedJob {
  id: string;
  spec: string;
  body: string;
  word: string;
}

/** Replies with jobs in them are easier to compare with their parts named. */
export function readReply(script: ScriptName, raw: unknown): Reply {
  if (script === 'commit') {
    const { words, dueInMs, limitedForMs, time, started } = decodeCommitReply(raw);
    const reply: CommitReply = {
      words,
      dueInMs,
      limitedForMs,
      time,
      jobs: started.map(grantedJob),
    };
    return reply;
  }
  if (script === 'recoverStalled') {
    const { ids, graceMs, started } = decodeRecoverStalledReply(raw);
    const reply: RecoverReply = { ids, graceMs, jobs: started.map(grantedJob) };
    return reply;
  }
  // The places that a draining is at are for its next slice alone.
  return script === 'drainQueue' ? (raw as [number])[0] : raw;
}

function grantedJob({ fields, ...job }: Started): GrantedJob {
  return { ...job, fields: asFields(fields) };
}

/** The jobs that a call asked to add. */
export function askedJobs({ script, rest }: Call, reply: Reply): AskedJob[] {
  if (script === 'addJobs') {
    const words = String(reply).split('\n').slice(1);
    return words.map((word, i) => asAsked(rest.slice(i * 3, i * 3 + 3), word));
  }
  if (script === 'addPlain') {
    const first = Number(String(reply).split('\n')[1]);
    return rest.map((body, i) => asAsked(['', '', body], `+${first + i}`));
  }
  if (script !== 'commit') return [];
  const { words } = reply as CommitReply;
  return readEntries(rest).flatMap(([operation, ...job], i) =>
    operation === 'add' ? [asAsked(job, words[i] as string)] : [],
  );
}

function asAsked([id, spec, body]: readonly string[], word: string): AskedJob {
  return { id: id as string, spec: spec as string, body: body as string, word };
}

export function asFields(flat: readonly string[]): JobFields {
  const names = flat.filter((_, i) => i % 2 === 0);
  return Object.fromEntries(names.map((name, i) => [name, flat[i * 2 + 1]])) as JobFields;
}
