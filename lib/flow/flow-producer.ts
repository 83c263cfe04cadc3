import { checkInteger, checkPrefix, checkQueueName } from '../job/check.js';
import { checkCodec } from '../job/codec.js';
import { RedisVersionError } from '../job/errors.js';
import type { FlowJob } from '../job/flow-job.js';
import { Job } from '../job/job.js';
import { type JobRef, queueBase, refOf } from '../job/job-ref.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { within } from '../runtime/within.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX } from '../redis/queue-base-options.js';
import { type FlowNode, prepareNode } from '../store/flow-node.js';
import { newJob } from '../store/new-job.js';
import { QueueStore } from '../store/queue-store.js';
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
const LAST_CALLS_MS = 10_000;

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
  private readonly stores = new Map<string, QueueStore>();
  private released: Promise<void> | undefined;

  constructor(readonly opts: FlowProducerOptions = {}) {
    super();
    this.prefix = opts.prefix ?? DEFAULT_PREFIX;
    checkPrefix(this.prefix);
    if (opts.codec !== undefined) {
      checkCodec('codec', opts.codec);
    }
    this.connection = connect(opts.connection);
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch((error: unknown) => {
      if (error instanceof RedisVersionError) {
        this.emit('error', error);
      }
    });
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
    await this.connection.ready;
  }

  /**
   * Adds a flow. Resolves when all its jobs are where they belong; should one of their queues be out of reach for long, it
   * resolves before, and they arrive later. Where the first job's `jobId` is in use, nothing is added and the answer has
   * no children.
   * With `opts.parent` on the first job, the whole flow becomes a child of that one.
   * Throws before anything is written: `InvalidOptionError`, `NotSerializableError`, `DataTooLargeError`,
   * `MissingParentError`, `ParentConflictError`. Throws `ConnectionError` when Redis did not answer: all of it may have been added, or nothing.
   */
  async add(flow: FlowJob, opts: FlowOptions = {}): Promise<JobNode> {
    return this.prepare(flow, opts)();
  }

  /** Adds several flows, each as a whole. All are checked before the first is written. */
  async addBulk(flows: FlowJob[]): Promise<JobNode[]> {
    const adds = flows.map((flow) => this.prepare(flow, {}));
    return Promise.all(adds.map((add) => add()));
  }

  /** Reads a job and the jobs below it, as far as they are still there. Undefined when the job is gone. */
  async getFlow(query: FlowQuery): Promise<JobNode | undefined> {
    const { id, queueName, prefix = this.prefix, depth = DEPTH, maxChildren = MAX_CHILDREN } = query;
    checkQueueName(queueName);
    checkPrefix(prefix);
    checkInteger('depth', depth, 1);
    checkInteger('maxChildren', maxChildren, 0);
    return readFlow((ref) => this.store(ref), { prefix, queueName, id }, { depth, maxChildren });
  }

  /** Waits for calls under way, then lets go of the connection, which closes with its last user. */
  async close(): Promise<void> {
    await this.release(true);
  }

  /** Closes without waiting. */
  async disconnect(): Promise<void> {
    await this.release(false);
  }

  /** Checks a flow; the answer adds it. */
  private prepare(flow: FlowJob, { queuesOptions }: FlowOptions): () => Promise<JobNode> {
    const defaults = {
      prefix: this.prefix,
      newId: this.connection.runtime.uuid,
      optionsOf: (queueName: string) => queuesOptions?.[queueName]?.defaultJobOptions,
      codec: this.opts.codec,
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
    const { job, opts } = newJob(
      flow.name,
      flow.data,
      flow.opts,
      defaults.optionsOf(flow.queueName),
      defaults.codec,
    );
    return async () => {
      const { id, deduplicated } = await this.store(node.ref).add(job);
      return this.jobNode({ ...node, opts, ref: { ...node.ref, id } }, deduplicated);
    };
  }

  private jobNode({ ref, name, data, opts, children }: FlowNode, known = false): JobNode {
    const addedOn = opts.timestamp ?? this.connection.runtime.now();
    const job = new Job(this.store(ref), ref.id, name, data, opts, addedOn);
    job.deduplicated = known;
    return children.length === 0 || known
      ? { job }
      : { job, children: children.map((child) => this.jobNode(child)) };
  }

  private store(ref: JobRef): QueueStore {
    const base = queueBase(ref.prefix, ref.queueName);
    let store = this.stores.get(base);
    if (!store) {
      store = new QueueStore(this.connection, ref.prefix, ref.queueName, { codec: this.opts.codec });
      this.stores.set(base, store);
    }
    return store;
  }

  private release(wait: boolean): Promise<void> {
    return (this.released ??= (async () => {
      if (wait && this.connection.client.status === 'ready') {
        await within(
          this.connection.runtime,
          LAST_CALLS_MS,
          Promise.all([...this.stores.values()].map((store) => store.idle())),
        );
      }
      this.connection.off('error', this.onConnectionError);
      await this.connection.release();
    })());
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);
}
