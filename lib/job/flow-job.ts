import type { JobsOptions } from './job-options.js';

/**
 * A job with the jobs that have to end before it starts, in any queues.
 *
 * @example
 * { name: 'pack', queueName: 'orders', children: [{ name: 'pick', queueName: 'shelves', data: { item: 7 } }] }
 */
export interface FlowJob {
  name: string;
  queueName: string;
  data?: any;
  /** Start of the queue's keys. Default: that of the flow producer, or of the parent. */
  prefix?: string;
  /** `parent` only for the first job of a flow; `deduplication` only for one without children and parent. */
  opts?: JobsOptions;
  children?: FlowJob[];
}

const NAMES: Record<keyof FlowJob, true> = {
  ...{ name: true, queueName: true, data: true, prefix: true, opts: true, children: true },
};

/** Names of all that a job of a flow may have. */
export const FLOW_JOB_NAMES = Object.keys(NAMES);
