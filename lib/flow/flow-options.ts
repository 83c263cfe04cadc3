import type { DefaultJobOptions } from '../job/job-options.js';
import type { Job } from '../job/job.js';
import type { QueueBaseOptions } from '../redis/queue-base-options.js';
import type { BacklogOptions } from '../store/backlog.js';
import type { DurabilityOptions } from '../store/durability.js';

export interface FlowProducerOptions extends QueueBaseOptions, BacklogOptions, DurabilityOptions {}

/** Options of one `add`. */
export interface FlowOptions {
  /** Defaults for the jobs of a queue, by its name. What a `Queue` object was given does not count here. */
  queuesOptions?: Record<string, { defaultJobOptions?: DefaultJobOptions }>;
}

/** Which flow to read. */
export interface FlowQuery {
  id: string;
  queueName: string;
  /** Default: that of the flow producer. */
  prefix?: string;
  /** How many levels, the first job's own included. Default 10. */
  depth?: number;
  /** How many children of each job at most. Default 20. */
  maxChildren?: number;
}

/** A job and the jobs below it. */
export interface JobNode {
  job: Job;
  children?: JobNode[];
}

/** Local events of a `FlowProducer`. */
export interface FlowProducerListener {
  error: (error: Error) => void;
}
