import { FlowProducer as EngineFlowProducer } from '../../flow/flow-producer.js';
import type { FlowOptions, FlowQuery, JobNode as EngineJobNode } from '../../flow/flow-options.js';
import { FLOW_JOB_NAMES, type FlowJob } from '../../job/flow-job.js';
import type { DefaultJobOptions } from '../../job/job-options.js';
import type { JobClass } from '../../job/job-store.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';
import { Job } from './job.js';
import { engineJobOptions } from './job-options.js';
import { knownOptions } from './known-options.js';
import type { QueueOptions } from './queue-options.js';
import { carrying, spanless, Spans, type Work } from './spans.js';
import { SpanKind, TelemetryAttributes } from '../../job/telemetry-names.js';
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
  private readonly spans: Spans | undefined;

  constructor(opts?: FlowProducerOptions) {
    super(engineOptions('FlowProducer option', spanless(opts), ['backlog']));
    this.spans = Spans.of(opts?.telemetry, '');
  }

  override add(flow: FlowJob, opts?: FlowOpts | FlowOptions): Promise<JobNode> {
    const add = (own: FlowJob): Promise<JobNode> =>
      coded(async () => super.add(taken(own), flowOptions(opts))) as Promise<JobNode>;
    if (!this.spans) {
      return add(flow);
    }
    const what = {
      kind: SpanKind.PRODUCER,
      queueName: flow.queueName,
      attributes: { [TelemetryAttributes.FlowName]: flow.name },
    };
    return this.spans.run('addFlow', what, async () => {
      const [node] = await this.spanned([flow], async ([own]) => [await add(own!)]);
      return node!;
    });
  }

  override addBulk(flows: FlowJob[]): Promise<JobNode[]> {
    const addAll = (own: FlowJob[]): Promise<JobNode[]> =>
      coded(async () => super.addBulk(own.map(taken))) as Promise<JobNode[]>;
    if (!this.spans) {
      return addAll(flows);
    }
    const attributes = {
      [TelemetryAttributes.BulkCount]: flows.length,
      [TelemetryAttributes.BulkNames]: flows.map(({ name }) => name).join(','),
    };
    const what = { kind: SpanKind.PRODUCER, attributes };
    return this.spans.run('addBulkFlows', what, () => this.spanned(flows, addAll));
  }

  /** Adds flows each job of which has a span of its own, whose context it carries. */
  private async spanned(flows: FlowJob[], add: (own: FlowJob[]) => Promise<JobNode[]>): Promise<JobNode[]> {
    const opened = new Map<FlowJob, Work>();
    const open = (flow: FlowJob): FlowJob => {
      const work = this.spans!.open('addNode', { kind: SpanKind.PRODUCER, queueName: flow.queueName });
      opened.set(flow, work);
      const opts = carrying(flow.opts, work.metadata);
      return { ...flow, opts, ...(flow.children ? { children: flow.children.map(open) } : {}) };
    };
    const name = (flow: FlowJob, node: JobNode | undefined): void => {
      opened.get(flow)?.span.setAttributes({
        [TelemetryAttributes.JobName]: flow.name,
        [TelemetryAttributes.JobId]: node?.job.id,
      });
      flow.children?.forEach((child, i) => name(child, node?.children?.[i]));
    };
    try {
      const nodes = await add(flows.map(open));
      flows.forEach((flow, i) => name(flow, nodes[i]));
      return nodes;
    } finally {
      opened.forEach(({ span }) => span.end());
    }
  }

  override getFlow(query: FlowQuery): Promise<any> {
    return super.getFlow(query) as Promise<EngineJobNode | undefined>;
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(name: string, type: string): string {
    return `${this.opts.prefix}:${name}:${type}`;
  }

  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  override close(): Promise<void> {
    return (this.closing ??= super.close());
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
