import { InvalidOptionError } from '../job/errors.js';
import type { FlowJob } from '../job/flow-job.js';
import type { JobRef } from '../job/job-ref.js';
import type { Codec } from '../job/codec.js';
import { prepareNode } from '../job/flow-node.js';

/** The children of a template as those of one job. Their ids follow from its own, so that whoever adds them again brings none twice. */
export function childrenOf(template: readonly FlowJob[], above: string): FlowJob[] {
  return template.map((child, i) => {
    const jobId = `${above}/${i}`;
    const { children } = child;
    return {
      ...child,
      opts: { ...child.opts, jobId },
      ...(children ? { children: childrenOf(children, jobId) } : {}),
    };
  });
}

/** Throws for children that no slot could have. `slot` is what a job of the scheduler is called. */
export function checkTemplateTree(
  children: readonly FlowJob[],
  slot: JobRef,
  codec: Codec | undefined,
): void {
  if (!Array.isArray(children)) {
    throw new InvalidOptionError('template.children', children, 'Use an array of jobs.');
  }
  const refuseNames = (jobs: readonly FlowJob[]): void =>
    jobs.forEach((job) => {
      if (job?.opts?.jobId) {
        throw new InvalidOptionError(
          'template.children opts.jobId',
          job.opts.jobId,
          'The ids of its jobs follow from the slot.',
        );
      }
      if (Array.isArray(job?.children)) refuseNames(job.children);
    });
  refuseNames(children);
  const { prefix } = slot;
  for (const child of children) {
    if (child?.opts?.parent) {
      throw new InvalidOptionError(
        'template.children opts.parent',
        child.opts.parent,
        'Their parent is the job of the slot.',
      );
    }
  }
  // What is no job is for `prepareNode` to refuse.
  const named = children.every((child) => typeof child === 'object' && child !== null)
    ? childrenOf(children, slot.id)
    : children;
  named.forEach((child) => prepareNode(child, { prefix, newId: () => slot.id, codec }, slot));
}
