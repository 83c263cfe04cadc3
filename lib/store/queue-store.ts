import type { Runtime } from '../runtime/runtime.js';
import { queueBase } from '../job/job-ref.js';
import type { Connection } from '../redis/connection.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { AddBatch } from './add-batch.js';
import { Calls } from './calls.js';
import { ChildStore } from './child-store.js';
import { CommitBatch, type CommitOptions } from './commit-batch.js';
import { ControlStore } from './control-store.js';
import { Delivery } from './delivery.js';
import { FlowStore } from './flow-store.js';
import { GroupStore } from './group-store.js';
import { InspectStore } from './inspect-store.js';
import { JobChanges } from './job-changes.js';
import { LimitStore } from './limit-store.js';
import { OutboxRelay } from './outbox-relay.js';
import { Patience } from './patience.js';
import { PatientReads } from './patient-reads.js';
import { RunStore } from './run-store.js';
import { ScheduleStore } from './schedule-store.js';
import { ServerProbe } from './server-probe.js';
import { homeOfLimit, SharedLimitStore } from './shared-limit-store.js';
import type { StoreContext } from './store-context.js';
import type { StoreHost } from './store-host.js';
import { type QueueRef, StorePeers } from './store-peers.js';
import { StoredJobs } from './stored-jobs.js';

const WRITE_SESSIONS = 4;
const WRITES_PER_CALL = 200;

/**
 * All that may change or read one queue, for whoever holds it: a queue, a worker, a producer of flows or events, each with options,
 * patience and an end of its own. It hands out parts, by what they change; each is of one connection and knows the scripts. This class
 * knows none: it joins the parts, and ends them.
 */
export class QueueStore {
  readonly keys: QueueKeys;
  readonly runtime: Runtime;
  /** Milliseconds of silence after which a call is given up. */
  readonly callTimeoutMs: number;
  /** Adds single jobs. */
  readonly adds: AddBatch;
  /** Adds flows, and children of jobs. */
  readonly flows: FlowStore;
  /** The batch that writes join; a worker completes and fetches through it. */
  readonly commit: CommitBatch;
  /** Locks, and the wait for jobs. */
  readonly runs: RunStore;
  /** What jobs ask for. */
  readonly jobs: StoredJobs;
  readonly changes: JobChanges;
  readonly children: ChildStore;
  /** Changes of the queue as a whole. */
  readonly control: ControlStore;
  readonly inspect: InspectStore;
  readonly limits: LimitStore;
  readonly sharedLimits: SharedLimitStore;
  readonly groups: GroupStore;
  readonly schedules: ScheduleStore;
  /** The way to other queues. */
  readonly delivery: Delivery;
  readonly server: ServerProbe;
  private readonly calls: Calls;
  private readonly peers: StorePeers<QueueStore>;

  /**
   * @param commit how many writes go with a call, and how many calls there are at a time
   * @param peers those that this is one of
   */
  constructor(
    readonly connection: Connection,
    readonly prefix: string,
    readonly queueName: string,
    host: StoreHost = {},
    commit: CommitOptions = { sessions: WRITE_SESSIONS, entries: () => WRITES_PER_CALL },
    peers?: StorePeers<QueueStore>,
  ) {
    this.peers = peers ?? QueueStore.peersOn(connection, host);
    const { lifetime } = this.peers;
    const keys = new QueueKeys(prefix, queueName);
    const { runtime } = connection;
    const runner = new ScriptRunner(connection.client, keys, runtime);
    const patience = new Patience(runtime, host.callTimeoutMs, connection);
    const calls = new Calls(connection, patience, lifetime);
    const delivery = new Delivery(OutboxRelay.of(connection), keys.base);
    const context: StoreContext = {
      ...{ queue: { prefix, queueName }, keys, runner, calls, patience, lifetime, delivery, host },
      peer: (queue) => this.peer(queue),
    };
    this.keys = keys;
    this.runtime = runtime;
    this.callTimeoutMs = patience.limitMs;
    this.calls = calls;
    this.delivery = delivery;
    this.inspect = new InspectStore(new PatientReads(runner, calls));
    this.control = new ControlStore(runner, calls, delivery);
    this.changes = new JobChanges(runner, calls);
    this.children = new ChildStore(runner, calls, delivery);
    this.limits = new LimitStore(runner, calls);
    this.sharedLimits = new SharedLimitStore(runner, calls);
    this.groups = new GroupStore(runner, calls);
    this.schedules = new ScheduleStore(runner, calls);
    this.server = new ServerProbe(connection, keys, lifetime);
    this.flows = new FlowStore(context, this.children);
    const wakeKey = keys.of('wake');
    this.adds = new AddBatch(context, () => connection.knownWakeReader(keys.base)?.idle(wakeKey));
    this.commit = new CommitBatch(runner, patience, commit, delivery);
    this.runs = new RunStore(context, connection, this.commit);
    this.jobs = new StoredJobs(context, this, (queue) => this.peer(queue).jobs);
  }

  /** Stores of any number of queues, over one connection. */
  static peersOn(
    connection: Connection,
    { codec, callTimeoutMs, backlog, durability, tracing, jobClass }: StoreHost,
  ): StorePeers<QueueStore> {
    const host = { codec, callTimeoutMs, backlog, durability, tracing, jobClass };
    return new StorePeers<QueueStore>(
      ({ prefix, queueName }, peers) => new QueueStore(connection, prefix, queueName, host, undefined, peers),
    );
  }

  /** The store of another queue of the same Redis; of this queue, itself. */
  peer({ prefix, queueName }: QueueRef): QueueStore {
    const isOwn = queueBase(prefix, queueName) === this.keys.base;
    return isOwn ? this : this.peers.of({ prefix, queueName });
  }

  /** Where a limit is kept that the queues of this prefix share. */
  homeOfLimit(name: string): SharedLimitStore {
    return this.peer({ prefix: this.prefix, queueName: homeOfLimit(name) }).sharedLimits;
  }

  /** Resolves once no call of this store or its peers is on its way. */
  async idle(): Promise<void> {
    await this.ownIdle();
    await this.peers.idle();
  }

  /** The same for this store alone. */
  async ownIdle(): Promise<void> {
    await Promise.all([this.adds.idle(), this.commit.idle(), this.flows.idle()]);
    await this.calls.idle();
    await this.delivery.idle();
  }

  /** Whether nobody waits for a call of this store or its peers. */
  get isQuiet(): boolean {
    return this.ownQuiet && this.peers.isQuiet;
  }

  /** The same for this store alone. */
  get ownQuiet(): boolean {
    return this.calls.isQuiet && this.areBatchesIdle && this.delivery.isIdle;
  }

  get isIdle(): boolean {
    return this.calls.isIdle && this.areBatchesIdle;
  }

  /**
   * Rejects every call that somebody waits for, and each that is made from now on, with a `ConnectionClosedError`.
   * @param who such as `The queue photos`
   */
  close(who: string): void {
    this.peers.close(who);
    this.closeOwn(who);
  }

  /** Rejects what somebody waits for in this store alone. */
  closeOwn(who: string): void {
    for (const part of [this.adds, this.commit, this.flows, this.calls]) {
      part.close(`${who} was closed before Redis answered.`);
    }
  }

  private get areBatchesIdle(): boolean {
    return this.adds.isIdle && this.commit.isIdle && this.flows.isIdle;
  }
}
