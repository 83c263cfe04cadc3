import type { JobWrite } from '../../lib/job/job-write.js';
import { type AddedJob, runAdd } from './add-call.js';
import { runCommit } from './commit-call.js';
import type { ScriptLab, Trial } from './script-lab.js';

export interface DedupRule {
  ttl?: number;
  extend?: boolean;
  replace?: boolean;
  keepLastIfActive?: boolean;
}

export interface DedupJob extends DedupRule {
  /** Of the deduplication. Default: `d`. */
  dedup?: string;
  /** Of the job. Default: the next number. */
  id?: string;
  delay?: number;
  priority?: number;
  lifo?: boolean;
  data?: string;
}

export interface DedupTrial extends Trial {
  /** A word for each job: '+1' added, '=1' there already, '~1' kept instead. */
  words: string[];
}

/** The commands that can add a job. */
export const ADD_PATHS = ['add-jobs', 'commit'] as const;

/** A deduplicated job as the scripts take it. */
export function dedupJob(job: DedupJob): Required<AddedJob> {
  const { dedup = 'd', id = '', delay = '', priority = '', lifo, data = '{}', ...rule } = job;
  const { ttl = '', extend, replace, keepLastIfActive } = rule;
  const flags = `${extend ? 'e' : ''}${replace ? 'r' : ''}${keepLastIfActive ? 'k' : ''}`;
  return {
    id,
    spec: `${delay},${priority},${lifo ? '1' : ''},,${ttl},${flags},${dedup}`,
    name: 'work',
    opts: JSON.stringify({ deduplication: { id: dedup, ...rule } }),
    data,
  };
}

/** What is stored of a job besides its time of creation. */
export function dedupBody(job: DedupJob): string {
  const { name, opts, data } = dedupJob(job);
  return `${name}\n${opts}\n${data}`;
}

/** An entry of a commit that adds the job. */
export function dedupEntry(job: DedupJob): JobWrite {
  const { id, spec } = dedupJob(job);
  return ['add', id, spec, dedupBody(job)];
}

/** Adds jobs in one call of either command. */
export async function addDedup(
  lab: ScriptLab,
  jobs: readonly DedupJob[],
  {
    path = 'add-jobs',
    ...options
  }: { path?: (typeof ADD_PATHS)[number]; now?: number; writer?: string; seq?: string } = {},
): Promise<DedupTrial> {
  if (path === 'commit') {
    return runCommit(lab, jobs.map(dedupEntry), options);
  }
  const trial = await runAdd(lab, jobs.map(dedupJob), options);
  return { ...trial, words: String(trial.reply).split('\n').slice(1) };
}
