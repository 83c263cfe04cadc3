import type { Job } from '../job/job.js';
import type { FlowJob } from '../job/flow-job.js';
import { decodeValue } from '../job/json.js';
import { childrenOf } from '../schedule/template-tree.js';

/** Whether a job is that of a slot whose scheduler has children in its template, which have not all ended. */
export function hasSlotChildren({ opts, pendingChildren, stepFields }: Job): boolean {
  return opts.repeat?.children !== undefined && pendingChildren !== 0 && !stepFields;
}

/**
 * Lets the job of a slot wait for the children of its template. They are added at its first start, in one call that its lock fences, and
 * noted with the job: whoever starts it again after a crash finds them there. Returns false where all have ended: the job may run.
 */
export async function waitForSlotChildren(job: Job, token: string): Promise<boolean> {
  if (job.pendingChildren === undefined) {
    const stored = JSON.stringify(job.opts.repeat?.children);
    const children = decodeValue<FlowJob[]>('The children of the template', stored, job.codec);
    await job.addChildren(childrenOf(children, job.id));
  }
  return job.moveToWaitingChildren(token);
}
