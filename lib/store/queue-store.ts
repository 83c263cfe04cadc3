import type { Codec } from '../job/codec.js';
import type { FlowJob } from '../job/flow-job.js';
import type { JobRecord } from '../job/job-record.js';
import { type JobRef, queueBase, refText } from '../job/job-ref.js';
import type { FinishedState } from '../job/job-state.js';
import type {
  AddedChild,
  ChildPage,
  ChildQuery,
  JobStore,
  LoadedJob,
  RetryOptions,
} from '../job/job-store.js';
import type { JobWrite } from '../job/job-write.js';
import type { Runtime } from '../runtime/runtime.js';
import { sleep } from '../runtime/sleep.js';
import { within } from '../runtime/within.js';
import type { Connection } from '../redis/connection.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import {
  nextParents,
  recoverStalled,
  removeChildren,
  renewLocks,
  tellAgain,
} from '../redis/scripts.generated.js';
import { AddBatch } from './add-batch.js';
import type { AddedJob, NewJob } from './added-job.js';
import {
  CommitBatch,
  type CommitOptions,
  type Fetched,
  type Fetcher,
  type Grant,
  readFetched,
  readJobs,
  runCommit,
} from './commit-batch.js';
import { type CleanedSlice, type CleanSlice, ControlStore, type Lane as LaneCall } from './control-store.js';
import type { Courier } from './courier.js';
import { type FlowNode, prepareNode } from './flow-node.js';
import { FlowStore } from './flow-store.js';
import { InspectStore } from './inspect-store.js';
import { LanePool } from './lane.js';
import { PostOffice } from './post-office.js';
import { readFamily, removeBelow } from './remove-family.js';
import { resend } from './resend.js';

const WRITE_LANES = 4;
const WRITES_PER_CALL = 200;
const KEEP_TRYING_MS = 10_000;
/** For which a call waits that other queues are told of what it did. They will be told in any case. */
const TELL_MS = 5000;
const RENEWALS_PER_CALL = 1000;

/**
 * Everything that may change or read one queue, for one connection. Queues, workers and jobs go through it and know
 * nothing of keys or scripts.
 */
export class QueueStore implements JobStore {
  readonly keys: QueueKeys;
  readonly runtime: Runtime;
  readonly inspect: InspectStore;
  readonly flows: FlowStore;
  private readonly runner: ScriptRunner;
  private readonly control: ControlStore;
  private readonly adds: AddBatch;
  private readonly writes: CommitBatch;
  private readonly lanes: LanePool;
  private readonly fetches: boolean;
  private readonly courier: Courier;
  private readonly peers = new Map<string, QueueStore>();
  private recoveries = 0;

  /**
   * @param fetcher makes the writes of this store fetch jobs too: a worker's own store
   */
  constructor(
    readonly connection: Connection,
    readonly prefix: string,
    readonly queueName: string,
    private readonly host: {
      progressed?: (job: unknown, progress: unknown) => void;
      codec?: Codec | undefined;
    } = {},
    commit?: CommitOptions & { fetcher: Fetcher },
  ) {
    this.keys = new QueueKeys(prefix, queueName);
    this.runtime = connection.runtime;
    this.lanes = new LanePool(this.runtime);
    this.runner = new ScriptRunner(connection.client, this.keys, this.runtime);
    this.inspect = new InspectStore(this.runner);
    this.control = new ControlStore(this.runner);
    this.fetches = commit !== undefined;
    const office = PostOffice.of(connection);
    this.courier = office.courier(this.keys.base);
    this.flows = new FlowStore(this.runner, this.keys.base, office, {
      loadFields: async (ref) => (await this.peer(ref).loadJob(ref.id))?.record.fields,
      unlinkChild: (ref) => this.peer(ref).unlinkChild(ref.id),
    });
    this.adds = new AddBatch(this.runner, () => {
      const idle = connection.wakeLine(this.keys.base).idle(this.keys.of('wake'));
      return idle && { wake: idle.wake, commit: idle.owner as CommitBatch };
    });
    this.writes = new CommitBatch(
      this.runner,
      commit ?? {
        lanes: WRITE_LANES,
        entries: () => WRITES_PER_CALL,
        keepTrying: (sinceMs) => sinceMs < KEEP_TRYING_MS,
      },
      (lookInMs) => this.courier.nudge(lookInMs),
      commit?.fetcher,
    );
  }

  get codec(): Codec | undefined {
    return this.host.codec;
  }

  /** The batch that writes join; a worker completes and fetches through it. */
  get commit(): CommitBatch {
    return this.writes;
  }

  add(job: NewJob): Promise<AddedJob> {
    return this.adds.add(job);
  }

  write(entry: JobWrite): Promise<string> {
    return this.writes.write(entry);
  }

  progressed(job: unknown, progress: unknown): void {
    this.host.progressed?.(job, progress);
  }

  async loadJob(id: string): Promise<LoadedJob | undefined> {
    return (await this.inspect.loadJobs([id]))[0];
  }

  /** Answers ok, missing or locked; locked also when a worker holds a job below that has to go. */
  async removeJob(id: string, andChildren: boolean): Promise<string> {
    const family = andChildren ? await readFamily(this.families, this.refOf(id)) : undefined;
    if (family?.active !== undefined) {
      return 'locked';
    }
    const word = await this.told(await this.once((lane) => this.control.removeJob(id, lane)));
    if (word === 'ok' && family) {
      await removeBelow(this.families, this.refOf(id), family, false);
    }
    return word;
  }

  async retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string> {
    return this.told(await this.once((lane) => this.control.retryJob(id, state, front, options, lane)));
  }

  peer({ prefix, queueName }: { prefix: string; queueName: string }): QueueStore {
    const base = queueBase(prefix, queueName);
    if (base === this.keys.base) {
      return this;
    }
    const known = this.peers.get(base);
    const peer = known ?? new QueueStore(this.connection, prefix, queueName, { codec: this.codec });
    this.peers.set(base, peer);
    return peer;
  }

  children(id: string, query: ChildQuery): Promise<ChildPage> {
    return this.flows.children(id, query);
  }

  async addChildren(parentId: string, token: string, children: readonly FlowJob[]): Promise<AddedChild[]> {
    const parent = this.refOf(parentId);
    const nodes = children.map((child) =>
      prepareNode(child, { prefix: this.prefix, newId: this.runtime.uuid, codec: this.codec }, parent),
    );
    return this.attach(parentId, token, nodes);
  }

  /** Adds children that have been checked. */
  async attach(parentId: string, token: string, nodes: readonly FlowNode[]): Promise<AddedChild[]> {
    const known = await this.flows.addChildren(parentId, token, nodes);
    return nodes.map(({ ref, name, data, opts }, i) => ({ ref, name, data, opts, known: known[i] ?? false }));
  }

  async unlinkChild(id: string): Promise<string> {
    return this.told(await this.once((lane) => this.control.unlinkChild(id, lane)));
  }

  async removeUnprocessed(id: string): Promise<void> {
    const root = this.refOf(id);
    const family = await readFamily(this.families, root);
    await removeBelow(this.families, root, family, true);
    const queues = new Set(family.groups.map(({ queue }) => this.peer(queue)));
    await Promise.all([...queues].map((queue) => queue.deliver()));
  }

  /** What concerns this queue itself is there as soon as it is written. */
  async hasReached({ prefix, queueName }: { prefix: string; queueName: string }): Promise<boolean> {
    const base = queueBase(prefix, queueName);
    if (base === this.keys.base) {
      return true;
    }
    let reached = false;
    const delivered = this.courier.delivered({ targets: new Set([base]) });
    await within(
      this.runtime,
      TELL_MS,
      delivered.then((done) => (reached = done)),
    );
    return reached;
  }

  /** Has children that have ended tell their parent again. Answers how many did. */
  async tellAgain(parent: JobRef, ids: readonly string[]): Promise<number> {
    const args = [this.runtime.scriptTime(), queueBase(parent.prefix, parent.queueName), parent.id] as const;
    const told = (await this.runner.run(tellAgain, args, ids)) as number;
    if (told > 0) {
      this.courier.nudge(0);
    }
    return told;
  }

  /** Parents whose children are to be looked after; none while another process has had some within the interval. */
  nextParents(count: number, intervalMs: number): Promise<string[]> {
    return this.runner.run(nextParents, [this.runtime.scriptTime(), count, intervalMs]) as Promise<string[]>;
  }

  /** Delivers what the outbox holds. */
  async deliver(): Promise<void> {
    await within(this.runtime, TELL_MS, this.courier.delivered());
  }

  signalJob(id: string, name: string, key: string, json: string): Promise<string> {
    return this.once((lane) => this.control.signalJob(id, name, key, json, lane));
  }

  promoteJob(id: string): Promise<string> {
    return this.once((lane) => this.control.promoteJob(id, lane));
  }

  removeDedupKey(id: string, owner: string): Promise<string> {
    return this.once((lane) => this.control.removeDedupKey(id, owner, lane));
  }

  changeDelay(id: string, delayMs: number): Promise<string> {
    return this.once((lane) => this.control.changeDelay(id, delayMs, lane));
  }

  changePriority(id: string, priority: number, front: boolean): Promise<string> {
    return this.once((lane) => this.control.changePriority(id, priority, front, lane));
  }

  async extendLock(id: string, token: string, durationMs: number): Promise<boolean> {
    return (await this.renewLocks([[id, token]], durationMs)).length === 0;
  }

  /** Answers the ids whose lock is no longer held. */
  async renewLocks(
    held: readonly (readonly [id: string, token: string])[],
    lockMs: number,
  ): Promise<string[]> {
    const lost: string[] = [];
    for (let first = 0; first < held.length; first += RENEWALS_PER_CALL) {
      const slice = held.slice(first, first + RENEWALS_PER_CALL);
      lost.push(...((await this.runner.run(renewLocks, [0, lockMs], slice.flat())) as string[]));
    }
    return lost;
  }

  /** Fetches jobs outside the group commit. */
  async fetch(grant: Grant, wanted: number): Promise<Fetched> {
    const fetched = readFetched(
      wanted,
      await this.once((lane) => runCommit(this.runner, lane, grant, wanted, true, [])),
    );
    if (fetched.undeliveredMs >= 0) {
      this.courier.nudge(fetched.undeliveredMs);
    }
    return fetched;
  }

  /** Takes back jobs whose lock expired; those that stalled too often come as jobs to fail. */
  async recoverStalled(options: {
    worker: string;
    lockMs: number;
    maxStalls: number;
    maxEventBytes: number;
  }): Promise<{ stalled: string[]; exhausted: JobRecord[] }> {
    const { lockMs, maxStalls, maxEventBytes } = options;
    this.recoveries += 1;
    const worker = `${options.worker}.recovery.${this.recoveries}`;
    const reply = (await this.runner.run(recoverStalled, [
      0,
      worker,
      lockMs,
      maxStalls,
      maxEventBytes,
    ])) as unknown[];
    // Also where no job ends for long: what another process has begun to deliver, or to put aside, is looked after.
    this.courier.nudge(0);
    return { stalled: reply[0] as string[], exhausted: readJobs(reply, 1) };
  }

  /** Waits until a job may be there to start. */
  waitForWake(timeoutMs: number): { promise: Promise<boolean>; cancel: () => void } {
    const owner = this.fetches ? this.writes : undefined;
    return this.connection.wakeLine(this.keys.base).wait(this.keys.of('wake'), timeoutMs, owner);
  }

  pause(paused: boolean): Promise<string> {
    return this.control.pauseQueue(paused);
  }

  async drain(delayed: boolean): Promise<void> {
    while ((await this.control.drainQueue(delayed)) > 0);
    await this.deliver();
  }

  cleanSlice(slice: CleanSlice): Promise<CleanedSlice> {
    return this.once((lane) => this.control.cleanJobs(slice, lane));
  }

  /** Answers done, more, active, not-paused; undelivered when other queues could not be told yet. */
  async obliterateSlice(count: number, force: boolean): Promise<string> {
    const word = await this.control.obliterateQueue(count, force);
    if (word !== 'undelivered') {
      return word;
    }
    await this.deliver();
    return this.control.obliterateQueue(count, force);
  }

  retrySlice(
    state: FinishedState,
    count: number,
    before: number,
  ): Promise<{ moved: number; before: number }> {
    return this.control.retryJobs(state, count, before);
  }

  promoteSlice(count: number): Promise<number> {
    return this.control.promoteJobs(count);
  }

  closeRateLimit(durationMs: number): Promise<string> {
    return this.control.closeRateLimit(durationMs);
  }

  trimEvents(max: number): Promise<number> {
    return this.control.trimEvents(max);
  }

  publishEvent(event: string, max: number): Promise<string> {
    return this.once((lane) => this.control.publishEvent(event, max, lane));
  }

  setMaxEvents(maxEvents: number): Promise<void> {
    return this.control.setMaxEvents(maxEvents);
  }

  /** Resolves once no call of this store is on its way. */
  async idle(): Promise<void> {
    await Promise.all([this.adds.idle(), this.writes.idle(), this.flows.idle()]);
    while (this.lanes.inUse > 0) {
      await sleep(this.runtime, 5);
    }
    await this.courier.idle();
    await Promise.all([...this.peers.values()].map((peer) => peer.idle()));
  }

  private readonly families = {
    children: (parent: JobRef, query: ChildQuery) => this.peer(parent).children(parent.id, query),
    loadJobs: (queue: JobRef, ids: readonly string[]) => this.peer(queue).inspect.loadJobs(ids),
    removeChildren: (queue: JobRef, parent: JobRef, unfinished: boolean, ids: readonly string[]) =>
      this.peer(queue).removeChildren(parent, unfinished, ids),
  };

  private async removeChildren(
    parent: JobRef,
    unfinished: boolean,
    ids: readonly string[],
  ): Promise<string[]> {
    const args = [0, refText(parent), unfinished ? 1 : 0] as const;
    return (await this.runner.run(removeChildren, args, ids)) as string[];
  }

  private refOf(id: string): JobRef {
    return { prefix: this.prefix, queueName: this.queueName, id };
  }

  /** A parent is to be told: by when this resolves it usually has been. */
  private async told(word: string): Promise<string> {
    if (word !== 'told') {
      return word;
    }
    await this.deliver();
    return 'ok';
  }

  /** One numbered call, sent again while Redis is failing over. */
  private async once<T>(call: (lane: LaneCall) => Promise<T>): Promise<T> {
    const lane = this.lanes.acquire()!;
    const numbered = { writer: lane.writer, seq: lane.next() };
    const until = this.runner.runtime.now() + KEEP_TRYING_MS;
    try {
      return await resend(
        this.runner.runtime,
        () => call(numbered),
        () => this.runner.runtime.now() < until,
      );
    } finally {
      this.lanes.release(lane);
    }
  }
}
