import { checkInteger, checkNamedJob, checkObjects, checkPrefix, checkQueueName } from '../job/check.js';
import { RedisVersionError } from '../job/errors.js';
import type { FlowJob } from '../job/flow-job.js';
import { Job } from '../job/job.js';
import { type JobRef, refOf } from '../job/job-ref.js';
import { refuseUnknown } from '../job/known-names.js';
import type { JobClass } from '../job/job-store.js';
import { type Carried, Tracing } from '../job/tracing.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import { checkBacklog } from '../store/backlog.js';
import { checkDurability } from '../store/durability.js';
import { type FlowNode, prepareNode, tracedFlows } from '../job/flow-node.js';
import { lastCalls } from '../store/last-calls.js';
import { QueueStore } from '../store/queue-store.js';
import type { StorePeers } from '../store/store-peers.js';
import type {
  FlowOptions,
  FlowProducerListener,
  FlowProducerOptions,
  FlowQuery,
  JobNode,
} from './flow-options.js';
import { readFlow } from './read-flow.js';

const DEPTH = 10;
const MAX_CHILDREN = 20;

/**
 * Adds trees of jobs, in which a job starts when all below it have ended. A tree is added as a whole or not at all,
 * whatever queues its jobs are in.
 *
 * @example
 * const flows = new FlowProducer({ connection });
 * await flows.add({
 *   name: 'album',
 *   queueName: 'albums',
 *   children: paths.map((path) => ({ name: 'resize', queueName: 'photos', data: { path } })),
 * });
 */
export class FlowProducer extends SafeEmitter {
  private readonly connection: Connection;
  private readonly prefix: string;
  private readonly tracing: Tracing | undefined;
  private readonly stores: StorePeers<QueueStore>;
  private released: Promise<void> | undefined;

  constructor(readonly opts: FlowProducerOptions = {}) {
    super();
    checkBaseOptions('FlowProducer option', opts, ['backlog', 'durability']);
    this.prefix = opts.prefix ?? DEFAULT_PREFIX;
    if (opts.backlog !== undefined) {
      checkBacklog('backlog', opts.backlog);
    }
    if (opts.durability !== undefined) {
      checkDurability('durability', opts.durability);
    }
    this.connection = connect(opts.connection, opts);
    const { codec, callTimeout: callTimeoutMs, backlog, durability } = opts;
    const { jobClass } = this;
    this.tracing = Tracing.of(opts);
    this.stores = QueueStore.peersOn(this.connection, {
      codec,
      callTimeoutMs,
      backlog,
      durability,
      jobClass,
    });
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch((error: unknown) => {
      if (error instanceof RedisVersionError) {
        this.emit('error', error);
      }
    });
  }

  /** A class derived from `Job`, for the jobs that this object gives. */
  protected get jobClass(): JobClass | undefined {
    return undefined;
  }

  override on<E extends keyof FlowProducerListener>(event: E, listener: FlowProducerListener[E]): this {
    return super.on(event, listener);
  }

  override once<E extends keyof FlowProducerListener>(event: E, listener: FlowProducerListener[E]): this {
    return super.once(event, listener);
  }

  override off<E extends keyof FlowProducerListener>(event: E, listener: FlowProducerListener[E]): this {
    return super.off(event, listener);
  }

  /** Resolves once Redis has been reached and found new enough. */
  async waitUntilReady(): Promise<void> {
    this.stores.lifetime.demand();
    await this.connection.waitUntilReady();
  }

  /**
   * Adds a flow. Resolves when all its jobs are where they belong; should one of their queues be out of reach for long, it
   * resolves before, and they arrive later. Where the first job's `jobId` is in use, nothing is added and the answer has
   * no children.
   * With `opts.parent` on the first job, the whole flow becomes a child of that one.
   * Throws before anything is written: `InvalidOptionError`, `NotSerializableError`, `DataTooLargeError`,
   * `MissingParentError`, `ParentConflictError`. Throws `CallTimeoutError` when Redis did not
   * answer in time: nothing was added, or with its `mayBeWritten` all of it or nothing; `BacklogFullError` when too many adds
   * wait for Redis already.
   */
  add(flow: FlowJob, opts: FlowOptions = {}): Promise<JobNode> {
    const add = async (carried?: Carried): Promise<JobNode> => this.prepare(flow, opts, carried)();
    const { tracing } = this;
    return tracing ? tracing.add(tracedFlows([flow]), add, ({ job }) => [job.id]) : add();
  }

  /** Adds several flows, each as a whole. All are checked before the first is written. */
  async addBulk(flows: FlowJob[]): Promise<JobNode[]> {
    checkObjects('flows', flows);
    const addAll = async (carried?: Carried): Promise<JobNode[]> => {
      const adds = flows.map((flow) => this.prepare(flow, {}, carried));
      return Promise.all(adds.map((add) => add()));
    };
    const { tracing } = this;
    return tracing
      ? tracing.add(tracedFlows(flows), addAll, (added) => added.map(({ job }) => job.id))
      : addAll();
  }

  /** Reads a job and the jobs below it, as far as they are still there. Undefined when the job is gone. */
  async getFlow(query: FlowQuery): Promise<JobNode | undefined> {
    refuseUnknown('getFlow option', query, ['id', 'queueName', 'prefix', 'depth', 'maxChildren']);
    const { id, queueName, prefix = this.prefix, depth = DEPTH, maxChildren = MAX_CHILDREN } = query;
    checkNamedJob(id);
    checkQueueName(queueName);
    checkPrefix(prefix);
    checkInteger('depth', depth, 1);
    checkInteger('maxChildren', maxChildren, 0);
    return readFlow((ref) => this.store(ref), { prefix, queueName, id }, { depth, maxChildren });
  }

  /**
   * Waits for calls under way, at most `callTimeout` and never longer than 10 s, also where Redis is out of reach or not
   * reached yet; then lets go of the connection, which closes with its last user. Calls that are not through by then reject
   * with `ConnectionClosedError`.
   */
  async close(): Promise<void> {
    await this.release(true);
  }

  /** Closes without waiting. */
  async disconnect(): Promise<void> {
    await this.release(false);
  }

  /** Checks a flow, and returns what adds it. */
  private prepare(flow: FlowJob, options: FlowOptions, carried?: Carried): () => Promise<JobNode> {
    const queuesOptions = queuesOptionsOf(options);
    const defaults = {
      prefix: this.prefix,
      newId: this.connection.runtime.uuid,
      optionsOf: (queueName: string) =>
        queuesOptions && Object.hasOwn(queuesOptions, queueName)
          ? queuesOptions[queueName]?.defaultJobOptions
          : undefined,
      codec: this.opts.codec,
      carried,
    };
    const above = flow?.opts?.parent;
    const parent = above && refOf('parent', above);
    const node = prepareNode(flow, defaults, parent);
    if (parent) {
      return async () => {
        const [known] = await this.store(parent).flows.addChildren(parent.id, '', [node]);
        return this.jobNode(node, known);
      };
    }
    if (node.children.length > 0) {
      return async () => this.jobNode(node, !(await this.store(node.ref).flows.addRoot(node)));
    }
    // A job like any other: numbered by its queue, and deduplicated if it asks for that.
    return async () => {
      const { id, deduplicated } = await this.store(node.ref).adds.add(node.job, (added) => added, undefined);
      return this.jobNode({ ...node, ref: { ...node.ref, id } }, deduplicated);
    };
  }

  private jobNode({ ref, name, data, opts, children }: FlowNode, known = false): JobNode {
    const addedOn = opts.timestamp ?? this.connection.runtime.now();
    const job = Job.make(this.store(ref).jobs, ref.id, name, data, opts, addedOn);
    job.deduplicated = known;
    return children.length === 0 || known
      ? { job }
      : { job, children: children.map((child) => this.jobNode(child)) };
  }

  private store(ref: JobRef): QueueStore {
    return this.stores.of(ref);
  }

  private release(wait: boolean): Promise<void> {
    return (this.released ??= (async () => {
      if (wait) {
        await lastCalls(this.connection.runtime, this.stores, this.opts.callTimeout);
      }
      this.stores.close('The flow producer');
      this.connection.off('error', this.onConnectionError);
      await this.connection.release();
    })());
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);
}

function queuesOptionsOf(options: FlowOptions): FlowOptions['queuesOptions'] {
  refuseUnknown('flow option', options, ['queuesOptions']);
  const { queuesOptions } = options;
  if (queuesOptions !== undefined) {
    // Names are those of queues.
    refuseUnknown('queuesOptions.', queuesOptions, Object.keys(queuesOptions ?? {}));
    for (const [queue, own] of Object.entries(queuesOptions)) {
      refuseUnknown(`queuesOptions.${queue}.`, own, ['defaultJobOptions']);
    }
  }
  return queuesOptions;
}
