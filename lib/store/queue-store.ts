import { type AddedJob, type NewJob, readAdded } from '../job/added-job.js';
import type { Codec } from '../job/codec.js';
import type { FlowJob } from '../job/flow-job.js';
import { decodeBody } from '../job/job-body.js';
import { plainId } from '../job/job-life.js';
import type { JobRecord } from '../job/job-record.js';
import { type JobRef, queueBase, refText } from '../job/job-ref.js';
import type { FinishedState } from '../job/job-state.js';
import { retentionText } from '../job/retention.js';
import type {
  AddedChild,
  CancelCall,
  ChildPage,
  ChildQuery,
  JobClass,
  JobStore,
  LoadedJob,
  RetryOptions,
} from '../job/job-store.js';
import type { JobWrite } from '../job/job-write.js';
import {
  decodeRecoverStalledReply,
  decodeRenewLocksReply,
  encodeCommit,
  encodeRenewLocks,
  decodeAddJobsReply,
  encodeAddJobs,
} from '../job/wire.generated.js';
import type { Silence } from '../job/silence.js';
import { type Carried, type Tracing } from '../job/tracing.js';
import type { Runtime } from '../runtime/runtime.js';
import { within } from '../runtime/within.js';
import type { Connection } from '../redis/connection.js';
import { demandRights } from '../redis/demand-rights.js';
import { probeWrite } from '../redis/probe-write.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { toStepwellError } from '../redis/redis-failure.js';
import { demandKeeping } from '../redis/server-check.js';
import { ScriptRunner } from '../redis/script-runner.js';
import type { IdleWorker } from '../redis/wake-reader.js';
import {
  nextParents,
  recoverStalled,
  removeChildren,
  renewLocks,
  tellAgain,
} from '../redis/scripts.generated.js';
import { AddBatch } from './add-batch.js';
import { stoppingAll } from './new-job.js';
import { awaitReplicas } from '../redis/await-replicas.js';
import { addJobs } from '../redis/scripts.generated.js';
import { BACKLOG } from './backlog.js';
import type { Durability } from './durability.js';
import { Calls, type NumberedCall } from './calls.js';
import {
  CommitBatch,
  type CommitOptions,
  type Fetched,
  type Grant,
  jobRecord,
  readFetched,
  runCommit,
} from './commit-batch.js';
import { type CleanedSlice, type CleanSlice, ControlStore, DRAIN_BEGIN } from './control-store.js';
import type { QueueRelay } from './queue-relay.js';
import { type FlowNode, prepareNode, tracedFlows } from './flow-node.js';
import { FlowStore } from './flow-store.js';
import { GroupStore } from './group-store.js';
import { homeOfLimit, SharedLimitStore } from './shared-limit-store.js';
import { InspectStore } from './inspect-store.js';
import { LimitStore } from './limit-store.js';
import { Patience } from './patience.js';
import { PatientReads } from './patient-reads.js';
import { OutboxRelay } from './outbox-relay.js';
import { readTree, removeBelow } from './remove-tree.js';
import { ScheduleStore } from './schedule-store.js';
import { StorePeers } from './store-peers.js';

const WRITE_SESSIONS = 4;
const WRITES_PER_CALL = 200;
/** For which a call waits that other queues are told of what it did. They will be told in any case. */
const TELL_MS = 5000;
const RENEWALS_PER_CALL = 1000;

const NO_SILENCE: Silence = { silenceMs: 0, graceMs: 0 };

/** What a look for expired locks has found. */
export interface Recovered {
  stalled: string[];
  /** Jobs that stalled too often, granted to who looked. */
  exhausted: JobRecord[];
  /** Schedulers whose next slots are to be planned. */
  unplanned: string[];
  /** For so long further expired locks are left alone. */
  graceMs: number;
  /** When the call was sent, by `runtime.monotonicMs`. */
  sentAt: number;
}

/** What those who hold a store give it. */
export interface StoreHost {
  progressed?: (job: unknown, progress: unknown) => void;
  /** A lock was extended by hand; until when, by `runtime.monotonicMs`. */
  extended?: (id: string, token: string, until: number) => void;
  /** A job that is held under this token was cancelled; how, as it is stored. */
  cancelled?: (id: string, token: string, how: string) => void;
  codec?: Codec | undefined;
  /** Milliseconds of silence after which a call is given up. */
  callTimeoutMs?: number | undefined;
  /** Adds that may wait while Redis does not answer. */
  backlog?: number | undefined;
  durability?: Durability | undefined;
  tracing?: Tracing | undefined;
  jobClass?: JobClass | undefined;
  /** Fetches a job by hand. */
  fetchNext?: (token: string) => Promise<JobRecord | undefined>;
}

/**
 * Everything that may change or read one queue, for one connection. Queues, workers and jobs go through it and know
 * nothing of keys or scripts.
 */
export class QueueStore implements JobStore {
  readonly keys: QueueKeys;
  readonly runtime: Runtime;
  readonly inspect: InspectStore;
  readonly flows: FlowStore;
  readonly limits: LimitStore;
  readonly sharedLimits: SharedLimitStore;
  readonly groups: GroupStore;
  readonly schedules: ScheduleStore;
  private readonly runner: ScriptRunner;
  private readonly control: ControlStore;
  private readonly adds: AddBatch;
  private readonly writes: CommitBatch;
  private readonly patience: Patience;
  private readonly calls: Calls;
  private readonly outboxRelay: OutboxRelay;
  private readonly peers: StorePeers<QueueStore>;
  private recoveries = 0;

  /**
   * @param commit how many writes go with a call, and how many calls there are at a time
   * @param peers those that this is one of
   */
  constructor(
    readonly connection: Connection,
    readonly prefix: string,
    readonly queueName: string,
    private readonly host: StoreHost = {},
    commit: CommitOptions = { sessions: WRITE_SESSIONS, entries: () => WRITES_PER_CALL },
    peers?: StorePeers<QueueStore>,
  ) {
    this.peers = peers ?? QueueStore.peersOn(connection, host);
    this.keys = new QueueKeys(prefix, queueName);
    this.runtime = connection.runtime;
    this.runner = new ScriptRunner(connection.client, this.keys, this.runtime);
    this.patience = new Patience(this.runtime, host.callTimeoutMs, connection);
    const { lifetime } = this.peers;
    this.calls = new Calls(connection, this.patience, lifetime);
    this.inspect = new InspectStore(new PatientReads(this.runner, this.calls));
    this.control = new ControlStore(this.runner);
    this.limits = new LimitStore(this.runner, this.calls);
    this.sharedLimits = new SharedLimitStore(this.runner, this.calls);
    this.groups = new GroupStore(this.runner, this.calls);
    this.schedules = new ScheduleStore(this.runner, this.calls);
    this.outboxRelay = OutboxRelay.of(connection);
    const backlog = host.backlog ?? BACKLOG;
    const others = {
      loadFields: async (ref: JobRef) => (await this.peer(ref).loadJob(ref.id))?.record.fields,
      unlinkChild: (ref: JobRef) => this.peer(ref).unlinkChild(ref.id),
    };
    this.flows = new FlowStore(
      this.runner,
      this.keys.base,
      this.outboxRelay,
      others,
      this.calls,
      this.patience,
      lifetime,
      backlog,
      host.durability,
    );
    const wakeKey = this.keys.of('wake');
    const idleWorker = (): IdleWorker | undefined =>
      connection.knownWakeReader(this.keys.base)?.idle(wakeKey);
    this.adds = new AddBatch(this.runner, this.patience, lifetime, backlog, idleWorker, host.durability);
    this.writes = new CommitBatch(this.runner, this.patience, commit, (lookInMs) =>
      this.queueRelay.nudge(lookInMs),
    );
  }

  get codec(): Codec | undefined {
    return this.host.codec;
  }

  get jobClass(): JobClass | undefined {
    return this.host.jobClass;
  }

  async fetchNext(token: string): Promise<JobRecord | undefined> {
    return this.host.fetchNext?.(token);
  }

  /** The batch that writes join; a worker completes and fetches through it. */
  get commit(): CommitBatch {
    return this.writes;
  }

  add(job: NewJob): Promise<AddedJob> {
    return this.adds.add(job);
  }

  /** Adds all of these jobs in one call, or none where the group of one is full. */
  async addWhole(jobs: readonly NewJob[]): Promise<AddedJob[]> {
    const rest = encodeAddJobs(jobs.map(({ id, spec, body }) => [id, stoppingAll(spec), body]));
    const { durability } = this.host;
    const answer = await this.once(({ writer, seq }) => {
      const add = (): Promise<unknown> => this.runner.run(addJobs, [0, writer, seq, 1], rest);
      return durability ? awaitReplicas(this.connection.client, add, durability) : add();
    });
    const { time, words } = decodeAddJobsReply(answer);
    return words.map((word) => readAdded(word, Number(time)));
  }

  write(entry: JobWrite): Promise<string> {
    const { lifetime } = this.peers;
    return lifetime.isOver ? Promise.reject(lifetime.refusal()) : this.writes.write(entry);
  }

  /** Also after the close: what a run came to counts as long as nobody else has its job. */
  keep(entry: JobWrite): Promise<string> {
    return this.writes.write(entry, false);
  }

  /** Milliseconds of silence after which a call is given up. */
  get callTimeoutMs(): number {
    return this.patience.limitMs;
  }

  progressed(job: unknown, progress: unknown): void {
    this.host.progressed?.(job, progress);
  }

  async loadJob(id: string): Promise<LoadedJob | undefined> {
    return (await this.inspect.loadJobs([id]))[0];
  }

  /** Returns ok, missing or locked; locked also when a worker holds a job below that has to go. */
  async removeJob(named: string, andChildren: boolean): Promise<string> {
    const id = plainId(named);
    const tree = andChildren ? await readTree(this.treeStores, this.refOf(id)) : undefined;
    if (tree?.active !== undefined) {
      return 'locked';
    }
    const word = await this.told(await this.once((session) => this.control.removeJob(named, session)));
    if (word === 'ok' && tree) {
      await removeBelow(this.treeStores, this.refOf(id), tree, false);
    }
    return word;
  }

  async retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string> {
    return this.told(await this.once((session) => this.control.retryJob(id, state, front, options, session)));
  }

  peer({ prefix, queueName }: { prefix: string; queueName: string }): QueueStore {
    const isOwn = queueBase(prefix, queueName) === this.keys.base;
    return isOwn ? this : this.peers.of({ prefix, queueName });
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

  /** Where a limit is kept that the queues of this prefix share. */
  homeOfLimit(name: string): SharedLimitStore {
    return this.peer({ prefix: this.prefix, queueName: homeOfLimit(name) }).sharedLimits;
  }

  children(id: string, query: ChildQuery): Promise<ChildPage> {
    return this.flows.children(id, query);
  }

  async addChildren(parentId: string, token: string, children: readonly FlowJob[]): Promise<AddedChild[]> {
    const parent = this.refOf(parentId);
    const { prefix, codec } = this;
    const add = async (carried?: Carried): Promise<AddedChild[]> => {
      const nodes = children.map((child) =>
        prepareNode(child, { prefix, newId: this.runtime.uuid, codec, carried }, parent),
      );
      return this.attach(parentId, token, nodes);
    };
    const { tracing } = this.host;
    return tracing
      ? tracing.add(tracedFlows(children), add, (added) => added.map(({ ref }) => ref.id))
      : add();
  }

  /** Adds children that have been checked. */
  async attach(parentId: string, token: string, nodes: readonly FlowNode[]): Promise<AddedChild[]> {
    const known = await this.flows.addChildren(parentId, token, nodes);
    return nodes.map(({ ref, name, data, opts }, i) => ({ ref, name, data, opts, known: known[i] ?? false }));
  }

  async unlinkChild(id: string): Promise<string> {
    return this.told(await this.once((session) => this.control.unlinkChild(id, session)));
  }

  async removeUnprocessed(id: string): Promise<void> {
    const root = this.refOf(id);
    const tree = await readTree(this.treeStores, root);
    await removeBelow(this.treeStores, root, tree, true);
    const queues = new Set(tree.groups.map(({ queue }) => this.peer(queue)));
    await Promise.all([...queues].map((queue) => queue.deliver()));
  }

  /** Resolves once Redis has been reached and found fit. */
  async waitUntilReady(patienceMs?: number): Promise<void> {
    this.peers.lifetime.demand();
    await this.connection.waitUntilReady(patienceMs);
  }

  /** Rejects unless Redis is reached in time and is as it should be. */
  async checkServer(patienceMs: number): Promise<void> {
    const { client } = this.connection;
    await this.connection.answerWithin(patienceMs, async () => {
      await this.waitUntilReady(patienceMs);
      try {
        await demandKeeping(client);
        await demandRights(client, this.keys);
      } catch (error) {
        throw toStepwellError(error, client);
      }
    });
  }

  /** Rejects unless Redis takes a write that changes nothing. */
  async probe(): Promise<void> {
    this.peers.lifetime.demand();
    await probeWrite(this.connection.client, this.keys.base);
  }

  /** What concerns this queue itself is there as soon as it is written. */
  async hasReached({ prefix, queueName }: { prefix: string; queueName: string }): Promise<boolean> {
    const base = queueBase(prefix, queueName);
    if (base === this.keys.base) {
      return true;
    }
    let reached = false;
    const delivered = this.queueRelay.delivered({ targets: new Set([base]) });
    await within(
      this.runtime,
      TELL_MS,
      delivered.then((done) => (reached = done)),
    );
    return reached;
  }

  /** Has children that have ended tell their parent again. Returns how many did. */
  async tellAgain(parent: JobRef, ids: readonly string[]): Promise<number> {
    const args = [0, queueBase(parent.prefix, parent.queueName), parent.id] as const;
    const call = (): Promise<unknown> => this.runner.run(tellAgain, args, ids);
    const told = (await this.calls.repeatable(call)) as number;
    if (told > 0) {
      this.queueRelay.nudge(0);
    }
    return told;
  }

  /** Parents whose children are to be looked after; none while another process has had some within the interval. */
  nextParents(count: number, intervalMs: number): Promise<string[]> {
    const call = (): Promise<unknown> => this.runner.run(nextParents, [0, count, intervalMs]);
    return this.calls.repeatable(call) as Promise<string[]>;
  }

  /** Delivers what the outbox holds. */
  async deliver(): Promise<void> {
    await within(this.runtime, TELL_MS, this.queueRelay.delivered());
  }

  async signalJob(named: string, name: string, key: string, json: string): Promise<string> {
    const signal = (): Promise<string> =>
      this.once((session) => this.control.signalJob(named, name, key, json, session));
    const { tracing } = this.host;
    if (!tracing?.telemetry) {
      return signal();
    }
    const id = plainId(named);
    const stored = await this.loadJob(id);
    const metadata = stored && decodeBody(stored.record.body).opts.telemetry?.metadata;
    const { queueName } = this;
    return tracing.trace({ kind: 'signal', queueName, jobId: id, signal: name, metadata }, signal);
  }

  async cancelJob(named: string, cancel: CancelCall): Promise<string> {
    const root = this.refOf(plainId(named));
    // Read before: a job that is not kept takes with it what tells of its children.
    const tree = cancel.children ? await readTree(this.treeStores, root) : undefined;
    const word = await this.once((session) => this.control.cancelJob(named, cancel, session));
    for (const { queue, ids } of tree?.groups ?? []) {
      await Promise.all(ids.map((id) => this.peer(queue).cancelChild(id, cancel)));
    }
    if (word.endsWith(' told')) {
      await this.deliver();
    }
    return word.split(' ')[0] as string;
  }

  promoteJob(id: string): Promise<string> {
    return this.once((session) => this.control.promoteJob(id, session));
  }

  removeDedupKey(id: string, owner: string): Promise<string> {
    return this.once((session) => this.control.removeDedupKey(id, owner, session));
  }

  changeDelay(id: string, delayMs: number): Promise<string> {
    return this.once((session) => this.control.changeDelay(id, delayMs, session));
  }

  changePriority(id: string, priority: number, front: boolean): Promise<string> {
    return this.once((session) => this.control.changePriority(id, priority, front, session));
  }

  async extendLock(id: string, token: string, durationMs: number): Promise<boolean> {
    return (await this.extendLocks([[id, token]], durationMs)).length === 0;
  }

  /** Renews locks on behalf of a user. Returns the ids whose lock is no longer held. */
  async extendLocks(
    held: readonly (readonly [id: string, token: string])[],
    durationMs: number,
  ): Promise<string[]> {
    const until = this.runtime.monotonicMs() + durationMs;
    const lost = await this.renewLocks(held, durationMs);
    for (const [id, token] of held) {
      if (!lost.includes(id)) {
        this.host.extended?.(id, token, until);
      }
    }
    return lost;
  }

  /** Returns the ids whose lock is no longer held. */
  async renewLocks(
    held: readonly (readonly [id: string, token: string])[],
    lockMs: number,
    { silenceMs, graceMs }: Silence = NO_SILENCE,
  ): Promise<string[]> {
    const lost: string[] = [];
    for (let first = 0; first < held.length; first += RENEWALS_PER_CALL) {
      const slice = held.slice(first, first + RENEWALS_PER_CALL);
      const args = [0, lockMs, silenceMs, graceMs] as const;
      const call = (): Promise<unknown> => this.runner.run(renewLocks, args, encodeRenewLocks(slice));
      const { lost: gone, cancelled } = decodeRenewLocksReply(await this.calls.repeatable(call));
      lost.push(...gone);
      for (let i = 0; i < cancelled.length; i += 3) {
        const [id, token, how] = cancelled.slice(i, i + 3) as [string, string, string];
        this.host.cancelled?.(id, token, how);
      }
    }
    return lost;
  }

  /** Fetches jobs outside the group commit. */
  async fetch(grant: Grant, wanted: number): Promise<Fetched> {
    const sentAt = this.runtime.monotonicMs();
    const reply = await this.once((session) =>
      runCommit(this.runner, session, grant, wanted, true, encodeCommit([])),
    );
    const fetched = readFetched(wanted, reply, sentAt);
    if (fetched.undeliveredMs >= 0) {
      this.queueRelay.nudge(fetched.undeliveredMs);
    }
    return fetched;
  }

  /** Takes back jobs whose lock expired; those that stalled too often come as jobs to fail. */
  async recoverStalled(options: {
    worker: string;
    lockMs: number;
    maxStalls: number;
    maxEventBytes: number;
    silence: Silence;
  }): Promise<Recovered> {
    const { lockMs, maxStalls, maxEventBytes, silence } = options;
    this.recoveries += 1;
    const worker = `${options.worker}.recovery.${this.recoveries}`;
    const sentAt = this.runtime.monotonicMs();
    const { silenceMs, graceMs: longestGraceMs } = silence;
    const args = [0, worker, lockMs, maxStalls, maxEventBytes, silenceMs, longestGraceMs, 1] as const;
    const reply = await this.calls.repeatable(() => this.runner.run(recoverStalled, args));
    // Also where no job ends for long: what another process has begun to deliver, or to put aside, is looked after.
    this.queueRelay.nudge(0);
    const { ids, graceMs, unplanned, started } = decodeRecoverStalledReply(reply);
    return { stalled: ids, exhausted: started.map(jobRecord), unplanned, graceMs, sentAt };
  }

  /** Lets Redis hear that somebody is there, see `Silence`. */
  async showAlive({ silenceMs, graceMs }: Silence): Promise<void> {
    await this.runner.run(recoverStalled, [0, '', 0, 0, 0, silenceMs, graceMs, 0]);
  }

  /** Waits until a job may be there to start. */
  waitForWake(timeoutMs: number): { promise: Promise<boolean>; cancel: () => void } {
    const taker = this.writes.fetches ? this.writes : undefined;
    return this.connection.wakeReader(this.keys.base).wait(this.keys.of('wake'), timeoutMs, taker);
  }

  pause(paused: boolean): Promise<string> {
    return this.calls.repeatable(() => this.control.pauseQueue(paused));
  }

  async drain(delayed: boolean): Promise<void> {
    let slice = { ...DRAIN_BEGIN, looked: 1 };
    while (slice.looked > 0) {
      const place = slice;
      slice = await this.calls.repeatable(() => this.control.drainQueue(delayed, place));
    }
    await this.deliver();
  }

  cleanSlice(slice: CleanSlice): Promise<CleanedSlice> {
    return this.once((session) => this.control.cleanJobs(slice, session));
  }

  /** Returns done, more, active, not-paused; undelivered or unsent, and where to, when that could not be delivered yet. */
  async obliterateSlice(count: number, force: boolean): Promise<string> {
    const call = (drop: boolean): Promise<string> =>
      this.calls.repeatable(() => this.control.obliterateQueue(count, force, drop));
    const word = await call(false);
    if (!/^un(?:delivered|sent)\t/.test(word)) {
      return word;
    }
    await this.deliver();
    return call(force);
  }

  retrySlice(
    state: FinishedState,
    count: number,
    before: number,
  ): Promise<{ moved: number; before: number }> {
    return this.calls.repeatable(() => this.control.retryJobs(state, count, before));
  }

  /** Returns how many were delayed, and wait now. */
  promoteSlice(ids: readonly string[]): Promise<number> {
    return this.calls.repeatable(() => this.control.promoteJobs(ids));
  }

  trimEvents(max: number): Promise<number> {
    return this.calls.repeatable(() => this.control.trimEvents(max));
  }

  publishEvent(event: string, max: number): Promise<string> {
    return this.once((session) => this.control.publishEvent(event, max, session));
  }

  setMaxEvents(maxEvents: number): Promise<void> {
    return this.calls.repeatable(() => this.control.setMaxEvents(maxEvents));
  }

  setMetrics(points: number): Promise<void> {
    return this.calls.repeatable(() => this.control.setMetrics(points));
  }

  /** Resolves once no call of this store or its peers is on its way. */
  async idle(): Promise<void> {
    await this.ownIdle();
    await this.peers.idle();
  }

  /** The same for this store alone. */
  async ownIdle(): Promise<void> {
    await Promise.all([this.adds.idle(), this.writes.idle(), this.flows.idle()]);
    await this.calls.idle();
    await this.outboxRelay.idleAt(this.keys.base);
  }

  /** Whether nobody waits for a call of this store or its peers. */
  get isQuiet(): boolean {
    return this.ownQuiet && this.peers.isQuiet;
  }

  /** The same for this store alone. */
  get ownQuiet(): boolean {
    const batches = [this.adds, this.writes, this.flows];
    return (
      this.calls.isQuiet && batches.every(({ isIdle }) => isIdle) && this.outboxRelay.isIdleAt(this.keys.base)
    );
  }

  get isIdle(): boolean {
    return this.calls.isIdle && this.adds.isIdle && this.writes.isIdle && this.flows.isIdle;
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
    for (const part of [this.adds, this.writes, this.flows, this.calls]) {
      part.close(`${who} was closed before Redis answered.`);
    }
  }

  private readonly treeStores = {
    children: (parent: JobRef, query: ChildQuery) => this.peer(parent).children(parent.id, query),
    loadJobs: (queue: JobRef, ids: readonly string[]) => this.peer(queue).inspect.loadJobs(ids),
    removeChildren: (queue: JobRef, parent: JobRef, unfinished: boolean, ids: readonly string[]) =>
      this.peer(queue).removeChildren(parent, unfinished, ids),
  };

  /** The retention is that of its own options. */
  private async cancelChild(id: string, cancel: CancelCall): Promise<void> {
    const loaded = await this.loadJob(id);
    if (loaded) {
      const keep = retentionText(decodeBody(loaded.record.body).opts.removeOnFail);
      await this.once((session) => this.control.cancelJob(id, { ...cancel, keep }, session));
      this.queueRelay.nudge(0);
    }
  }

  private async removeChildren(
    parent: JobRef,
    unfinished: boolean,
    ids: readonly string[],
  ): Promise<string[]> {
    const args = [0, refText(parent), unfinished ? 1 : 0] as const;
    return (await this.calls.repeatable(() => this.runner.run(removeChildren, args, ids))) as string[];
  }

  refOf(id: string): JobRef {
    return { prefix: this.prefix, queueName: this.queueName, id };
  }

  /** Asked for anew each time: the outboxRelay forgets one that has nothing to do. */
  private get queueRelay(): QueueRelay {
    return this.outboxRelay.queueRelay(this.keys.base);
  }

  /** A parent is to be told: by when this resolves it usually has been. */
  private async told(word: string): Promise<string> {
    if (word !== 'told') {
      return word;
    }
    await this.deliver();
    return 'ok';
  }

  private once<T>(call: (numbered: NumberedCall) => Promise<T>): Promise<T> {
    return this.calls.numbered(call);
  }
}
