import type { NewJob } from './added-job.js';
import { checkPrefix, checkQueueName } from './check.js';
import type { Codec } from './codec.js';
import { InvalidOptionError } from './errors.js';
import { type FailurePolicy, failurePolicy } from './failure-policy.js';
import { FLOW_JOB_NAMES, type FlowJob } from './flow-job.js';
import type { DefaultJobOptions, JobsOptions } from './job-options.js';
import { refuseUnknown } from './known-names.js';
import type { JobRef } from './job-ref.js';
import { type Carried, carrying } from './tracing.js';
import { newJob } from './new-job.js';

/** A job of a flow, checked, with the id that it will have, and in the form that scripts take. One that is alone may have none yet. */
export interface FlowNode {
  ref: JobRef;
  name: string;
  data: unknown;
  opts: JobsOptions;
  policy: FailurePolicy;
  job: NewJob;
  /** Whether its id was given by the user, and may be in use. */
  named: boolean;
  children: FlowNode[];
}

/** What a tree takes from where it is added. */
export interface FlowDefaults {
  prefix: string;
  /** Makes the id of a job that was given none. */
  newId: () => string;
  /** Defaults of the jobs of a queue. */
  optionsOf?: (queueName: string) => DefaultJobOptions | undefined;
  /** Of all queues that the tree's jobs are in. */
  codec?: Codec | undefined;
  /** What all jobs of the tree carry. */
  carried?: Carried | undefined;
}

/**
 * Checks a whole tree before anything of it is written. Ids are made here, so that delivering a job twice adds it once; a job that has
 * neither parent nor children is numbered by its queue.
 * @param parent what waits for the first job
 */
export function prepareNode(flow: FlowJob, defaults: FlowDefaults, parent?: JobRef): FlowNode {
  const { name, queueName, data, children, opts = {} } = checked(flow);
  const prefix = flow.prefix ?? defaults.prefix;
  checkQueueName(queueName);
  checkPrefix(prefix);
  const family = parent && { parent: { id: parent.id, queue: `${parent.prefix}:${parent.queueName}` } };
  const isAlone = !parent && !children;
  const own = {
    ...carrying(opts, defaults.carried),
    ...(opts.jobId || isAlone ? {} : { jobId: defaults.newId() }),
    ...family,
  };
  const { job, opts: merged } = newJob(name, data, own, defaults.optionsOf?.(queueName), defaults.codec);
  if (merged.deduplication && children) {
    throw new InvalidOptionError(
      'deduplication',
      merged.deduplication,
      'A job with children cannot have one: name it by jobId.',
    );
  }
  if (merged.group?.maxSize !== undefined) {
    throw new InvalidOptionError(
      'group.maxSize',
      merged.group.maxSize,
      'Leave it out: a flow is added whatever the size of its groups.',
    );
  }
  const ref = { prefix, queueName, id: job.id };
  return {
    ref,
    name,
    data,
    opts: merged,
    policy: failurePolicy(merged),
    job,
    named: Boolean(opts.jobId),
    children: (children ?? []).map((child) => prepareNode(nested(child), { ...defaults, prefix }, ref)),
  };
}

/** What telemetry gets of flows that are added at once: how many jobs, and the name that they share. */
export function tracedFlows(flows: readonly FlowJob[]): {
  queueName: string;
  jobName: string | undefined;
  count: number;
} {
  const [first] = flows;
  const count = (jobs: readonly FlowJob[]): number =>
    jobs.reduce((sum, job) => sum + 1 + (Array.isArray(job?.children) ? count(job.children) : 0), 0);
  const shared = flows.every((flow) => flow?.name === first?.name) ? first?.name : undefined;
  return { queueName: first?.queueName ?? '', jobName: shared, count: count(flows) };
}

function checked(flow: FlowJob): FlowJob {
  if (typeof flow !== 'object' || flow === null) {
    throw new InvalidOptionError('flow', flow, 'Use { name, queueName, data, opts, children }.');
  }
  refuseUnknown('flow job option', flow, FLOW_JOB_NAMES);
  if (flow.children !== undefined && !Array.isArray(flow.children)) {
    throw new InvalidOptionError('flow children', flow.children, 'Use an array of jobs.');
  }
  const { children, ...rest } = flow;
  return children && children.length > 0 ? flow : rest;
}

function nested(child: FlowJob): FlowJob {
  if (child?.opts?.parent) {
    throw new InvalidOptionError(
      'flow child parent',
      child.opts.parent,
      'The parent of a child is the job above it.',
    );
  }
  return child;
}
