import { setTimeout as sleep } from 'node:timers/promises';
import type { Codec } from '../job/codec.js';
import type { JobRecord } from '../job/job-record.js';
import type { FinishedState } from '../job/job-state.js';
import type { JobStore, LoadedJob, RetryOptions } from '../job/job-store.js';
import type { JobWrite } from '../job/job-write.js';
import type { Connection } from '../redis/connection.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { ScriptRunner } from '../redis/script-runner.js';
import { recoverStalled, renewLocks } from '../redis/scripts.generated.js';
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
import { InspectStore } from './inspect-store.js';
import { LanePool } from './lane.js';
import { resend } from './resend.js';

const WRITE_LANES = 4;
const WRITES_PER_CALL = 200;
const KEEP_TRYING_MS = 10_000;
const RENEWALS_PER_CALL = 1000;

/**
 * Everything that may change or read one queue, for one connection. Queues, workers and jobs go through it and know
 * nothing of keys or scripts.
 */
export class QueueStore implements JobStore {
  readonly keys: QueueKeys;
  readonly inspect: InspectStore;
  private readonly runner: ScriptRunner;
  private readonly control: ControlStore;
  private readonly adds: AddBatch;
  private readonly writes: CommitBatch;
  private readonly lanes = new LanePool();
  private readonly fetches: boolean;
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
    this.runner = new ScriptRunner(connection.client, this.keys);
    this.inspect = new InspectStore(this.runner);
    this.control = new ControlStore(this.runner);
    this.fetches = commit !== undefined;
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

  removeJob(id: string): Promise<string> {
    return this.once((lane) => this.control.removeJob(id, lane));
  }

  retryJob(id: string, state: FinishedState, front: boolean, options: RetryOptions): Promise<string> {
    return this.once((lane) => this.control.retryJob(id, state, front, options, lane));
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
    return readFetched(
      wanted,
      await this.once((lane) => runCommit(this.runner, lane, grant, wanted, true, [])),
    );
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
  }

  cleanSlice(slice: CleanSlice): Promise<CleanedSlice> {
    return this.once((lane) => this.control.cleanJobs(slice, lane));
  }

  obliterateSlice(count: number, force: boolean): Promise<string> {
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
    await Promise.all([this.adds.idle(), this.writes.idle()]);
    while (this.lanes.inUse > 0) {
      await sleep(5);
    }
  }

  /** One numbered call, sent again while Redis is failing over. */
  private async once<T>(call: (lane: LaneCall) => Promise<T>): Promise<T> {
    const lane = this.lanes.acquire()!;
    const numbered = { writer: lane.writer, seq: lane.next() };
    const until = Date.now() + KEEP_TRYING_MS;
    try {
      return await resend(
        () => call(numbered),
        () => Date.now() < until,
      );
    } finally {
      this.lanes.release(lane);
    }
  }
}
