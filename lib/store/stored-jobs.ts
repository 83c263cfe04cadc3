import type { Codec } from '../job/codec.js';
import type { FlowJob } from '../job/flow-job.js';
import { decodeBody } from '../job/job-body.js';
import { plainId } from '../job/job-life.js';
import type { JobRecord } from '../job/job-record.js';
import type { FinishedState } from '../job/job-state.js';
import type {
  AddedChild,
  CancelCall,
  ChildPage,
  ChildQuery,
  JobClass,
  JobStore,
  LoadedJob,
  LoneWrite,
  RetryOptions,
} from '../job/job-store.js';
import type { JobWrite } from '../job/job-write.js';
import type { Carried } from '../job/tracing.js';
import type { Runtime } from '../runtime/runtime.js';
import type { CommitBatch } from './commit-batch.js';
import { prepareNode, tracedFlows } from '../job/flow-node.js';
import type { FlowStore } from './flow-store.js';
import { JobTrees } from './job-trees.js';
import type { RunStore } from './run-store.js';
import type { PeerParts, StoreContext } from './store-context.js';
import type { QueueRef } from './store-peers.js';

/** Those that jobs of a queue use of its parts. */
interface Parts extends PeerParts {
  readonly commit: CommitBatch;
  readonly runs: RunStore;
  readonly flows: FlowStore;
}

/** What the jobs of one queue ask of their store. It knows no script: each call is one of a part, or of some in turn. */
export class StoredJobs implements JobStore {
  readonly prefix: string;
  readonly queueName: string;
  readonly runtime: Runtime;
  private readonly trees: JobTrees;

  constructor(
    private readonly context: StoreContext,
    private readonly parts: Parts,
    private readonly peerJobs: (queue: QueueRef) => JobStore,
  ) {
    this.prefix = context.queue.prefix;
    this.queueName = context.queue.queueName;
    this.runtime = context.runner.runtime;
    this.trees = new JobTrees(context);
  }

  get codec(): Codec | undefined {
    return this.context.host.codec;
  }

  get jobClass(): JobClass | undefined {
    return this.context.host.jobClass;
  }

  peer(queue: QueueRef): JobStore {
    return this.peerJobs(queue);
  }

  write(entry: JobWrite): Promise<string> {
    const { lifetime } = this.context;
    return lifetime.isOver ? Promise.reject(lifetime.refusal()) : this.parts.commit.write(entry);
  }

  /** Also after the close: what a run came to counts as long as nobody else has its job. */
  keep(entry: JobWrite): Promise<string> {
    return this.parts.commit.write(entry, false);
  }

  keepAlone(entry: JobWrite): LoneWrite {
    return this.parts.commit.writeAlone(entry);
  }

  progressed(job: unknown, progress: unknown): void {
    this.context.host.progressed?.(job, progress);
  }

  async fetchNext(token: string): Promise<JobRecord | undefined> {
    return this.context.host.fetchNext?.(token);
  }

  async extendLock(id: string, token: string, durationMs: number): Promise<boolean> {
    return (await this.parts.runs.extendLocks([[id, token]], durationMs)).length === 0;
  }

  async loadJob(id: string): Promise<LoadedJob | undefined> {
    return (await this.parts.inspect.loadJobs([id]))[0];
  }

  removeJob(id: string, andChildren: boolean): Promise<string> {
    return this.trees.remove(id, andChildren);
  }

  async retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string> {
    return this.parts.delivery.settle(await this.parts.changes.retry(id, state, front, options));
  }

  promoteJob(id: string): Promise<string> {
    return this.parts.changes.promote(id);
  }

  removeDedupKey(id: string, owner: string): Promise<string> {
    return this.parts.changes.removeDedupKey(id, owner);
  }

  changeDelay(id: string, delayMs: number): Promise<string> {
    return this.parts.changes.changeDelay(id, delayMs);
  }

  changePriority(id: string, priority: number, front: boolean): Promise<string> {
    return this.parts.changes.changePriority(id, priority, front);
  }

  async signalJob(named: string, name: string, key: string, json: string): Promise<string> {
    const signal = (): Promise<string> => this.parts.changes.signal(named, name, key, json);
    const { tracing } = this.context.host;
    if (!tracing?.telemetry) {
      return signal();
    }
    const id = plainId(named);
    const stored = await this.loadJob(id);
    const metadata = stored && decodeBody(stored.record.body).opts.telemetry?.metadata;
    const { queueName } = this;
    return tracing.trace({ kind: 'signal', queueName, jobId: id, signal: name, metadata }, signal);
  }

  cancelJob(id: string, cancel: CancelCall): Promise<string> {
    return this.trees.cancel(id, cancel);
  }

  children(id: string, query: ChildQuery): Promise<ChildPage> {
    return this.parts.children.read(id, query);
  }

  async addChildren(parentId: string, token: string, children: readonly FlowJob[]): Promise<AddedChild[]> {
    const { prefix, queueName, codec, runtime } = this;
    const parent = { prefix, queueName, id: parentId };
    const add = async (carried?: Carried): Promise<AddedChild[]> => {
      const nodes = children.map((child) =>
        prepareNode(child, { prefix, newId: runtime.uuid, codec, carried }, parent),
      );
      return this.parts.flows.attach(parentId, token, nodes);
    };
    const { tracing } = this.context.host;
    return tracing
      ? tracing.add(tracedFlows(children), add, (added) => added.map(({ ref }) => ref.id))
      : add();
  }

  hasReached(queue: QueueRef): Promise<boolean> {
    return this.parts.delivery.hasReached(queue);
  }

  async unlinkChild(id: string): Promise<string> {
    return this.parts.delivery.settle(await this.parts.changes.unlink(id));
  }

  removeUnprocessed(id: string): Promise<void> {
    return this.trees.removeUnprocessed(id);
  }
}
