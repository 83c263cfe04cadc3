import { FlowProducer as EngineFlowProducer } from '../../flow/flow-producer.js';
import type { FlowOptions, FlowQuery, JobNode as EngineJobNode } from '../../flow/flow-options.js';
import { FLOW_JOB_NAMES, type FlowJob } from '../../job/flow-job.js';
import type { DefaultJobOptions } from '../../job/job-options.js';
import type { JobClass } from '../../job/job-store.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { Job } from './job.js';
import { engineJobOptions } from './job-options.js';
import { knownOptions } from './known-options.js';
import type { QueueOptions } from './queue.js';
import { coded } from './with-code.js';

export type FlowProducerOptions<Connection = any> = QueueBaseOptions<Connection>;
export type FlowQueuesOpts = Record<string, Omit<QueueOptions, 'connection' | 'prefix'>>;

export interface FlowOpts {
  queuesOptions: FlowQueuesOpts;
}

/** A job and the jobs below it. */
export interface JobNode {
  job: Job;
  children?: JobNode[];
}

/** Adds flows as BullMQ documents them. */
export class FlowProducer extends EngineFlowProducer {
  constructor(opts?: FlowProducerOptions) {
    super(engineOptions('FlowProducer option', opts, ['backlog']));
  }

  override add(flow: FlowJob, opts?: FlowOpts | FlowOptions): Promise<JobNode> {
    return coded(async () => super.add(taken(flow), flowOptions(opts))) as Promise<JobNode>;
  }

  override addBulk(flows: FlowJob[]): Promise<JobNode[]> {
    return coded(async () => super.addBulk(flows.map(taken))) as Promise<JobNode[]>;
  }

  override getFlow(query: FlowQuery): Promise<any> {
    return super.getFlow(query) as Promise<EngineJobNode | undefined>;
  }

  protected override get jobClass(): JobClass {
    return Job as unknown as JobClass;
  }
}

/** The options of all jobs of a flow as the engine takes them. */
function taken(given: FlowJob): FlowJob {
  const { opts, children, ...flow } = knownOptions('flow job option', given, FLOW_JOB_NAMES) as FlowJob;
  const own = engineJobOptions(opts);
  return {
    ...flow,
    ...(own ? { opts: own } : {}),
    ...(children ? { children: children.map(taken) } : {}),
  };
}

function flowOptions(opts: FlowOpts | FlowOptions | undefined): FlowOptions {
  const queues = Object.entries(opts?.queuesOptions ?? {}).map(([name, options]) => {
    const defaults = engineJobOptions(options?.defaultJobOptions) as DefaultJobOptions | undefined;
    return [name, defaults ? { defaultJobOptions: defaults } : {}] as const;
  });
  return { queuesOptions: Object.fromEntries(queues) };
}
