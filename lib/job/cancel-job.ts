import { checkBoolean, checkNamedJob, checkReason } from './check.js';
import { CANCELLED, JobNotFoundError, JobOfSchedulerError } from './errors.js';
import { decodeBody } from './job-body.js';
import { plainId } from './job-life.js';
import type { JobStore } from './job-store.js';
import { refuseUnknown } from './known-names.js';
import { retentionText } from './retention.js';

export interface CancelOptions {
  /** Whether what the job's steps have done is undone where they have a compensation. Default true. */
  undo?: boolean;
  /** Whether all unfinished jobs below it are cancelled too. Default false: they go on. */
  children?: boolean;
}

/**
 * What became of a job that was to be cancelled: `cancelled` has failed for it, `cancelling` is failed by a worker, `finished` had come to
 * its end before and stays as it was.
 */
export type CancelOutcome = 'cancelled' | 'cancelling' | 'finished';

/** See `Queue.cancel`. */
export async function cancelJob(
  store: JobStore,
  id: string,
  reason?: string,
  options: CancelOptions = {},
): Promise<CancelOutcome> {
  checkNamedJob(id);
  refuseUnknown('cancel option', options, ['undo', 'children']);
  const { undo = true, children = false } = options;
  checkBoolean('undo', undo);
  checkBoolean('children', children);
  if (reason !== undefined) {
    checkReason('reason', reason);
  }
  const loaded = await store.loadJob(plainId(id));
  const keep = loaded && retentionText(decodeBody(loaded.record.body).opts.removeOnFail);
  const json = JSON.stringify(reason ?? CANCELLED);
  const word = loaded ? await store.cancelJob(id, { json, keep: keep ?? '', undo, children }) : 'missing';
  if (word === 'missing') {
    throw new JobNotFoundError(plainId(id), 'cancel');
  }
  if (word === 'scheduled') {
    throw new JobOfSchedulerError(plainId(id));
  }
  return word === 'cancelled' || word === 'finished' ? word : 'cancelling';
}
