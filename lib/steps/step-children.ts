import { createHash } from 'node:crypto';
import type { Job } from '../job/job.js';
import type { JobsOptions } from '../job/job-options.js';

/** A child that a step adds to its job, with children of its own. */
export interface StepChild {
  name: string;
  queueName: string;
  data?: any;
  /** Start of its queue's keys. Default: that of the job. */
  prefix?: string;
  opts?: JobsOptions;
  children?: StepChild[];
}

interface Parent {
  addChildren(children: readonly StepChild[]): Promise<Job[]>;
}

const ID_CHARS = 24;

/** An id that is the same whenever this visit of the step runs, and no other's. */
export function withId(child: StepChild, parent: Job, step: string, visit: number, place: number): StepChild {
  if (child.opts?.jobId !== undefined) {
    return child;
  }
  // Numbers of jobs may be given again when a queue was emptied, so the time of the parent's creation counts too.
  const { queueQualifiedName, id, timestamp } = parent;
  const text = [queueQualifiedName, id, timestamp, step, visit, place].join('\n');
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, ID_CHARS);
  return { ...child, opts: { ...child.opts, jobId: `step-${hash}` } };
}

/** Fenced by the lock under which the step runs. */
export function addStepChildren(parent: Job, children: readonly StepChild[]): Promise<Job[]> {
  return (parent as unknown as Parent).addChildren(children);
}
