import type { JobRecord } from '../job/job-record.js';
import type { Silence } from '../job/silence.js';
import {
  decodeRecoverStalledReply,
  decodeRenewLocksReply,
  encodeCommit,
  encodeRenewLocks,
} from '../job/wire.generated.js';
import type { Connection } from '../redis/connection.js';
import { recoverStalled, renewLocks } from '../redis/scripts.generated.js';
import type { CommitBatch } from './commit-batch.js';
import { type Fetched, type Grant, jobRecord, readFetched, runCommit } from './commit-call.js';
import type { StoreContext } from './store-context.js';

const RENEWALS_PER_CALL = 1000;
const NO_SILENCE: Silence = { silenceMs: 0, graceMs: 0 };
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** A lock, by the job and the token that it was granted under. */
export type HeldLock = readonly [id: string, token: string];

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

/** What a worker does besides its commits: it waits for jobs, keeps their locks, and takes back those that expired. */
export class RunStore {
  private recoveries = 0;

  constructor(
    private readonly context: Pick<StoreContext, 'keys' | 'runner' | 'calls' | 'delivery' | 'host'>,
    private readonly connection: Connection,
    private readonly commit: CommitBatch,
  ) {}

  /** Waits until a job may be there to start. */
  waitForWake(timeoutMs: number): { promise: Promise<boolean>; cancel: () => void } {
    const { keys } = this.context;
    const taker = this.commit.fetches ? this.commit : undefined;
    return this.connection.wakeReader(keys.base).wait(keys.of('wake'), timeoutMs, taker);
  }

  /** Fetches jobs outside the group commit. */
  async fetch(grant: Grant, wanted: number): Promise<Fetched> {
    const { runner, calls, delivery } = this.context;
    const sentAt = runner.runtime.monotonicMs();
    const reply = await calls.numbered((call) =>
      runCommit(runner, call, grant, wanted, true, encodeCommit([])),
    );
    const fetched = readFetched(wanted, reply, sentAt);
    if (fetched.undeliveredMs >= 0) {
      delivery.nudge(fetched.undeliveredMs);
    }
    return fetched;
  }

  /** Renews locks on behalf of a user. Returns the ids whose lock is no longer held. */
  async extendLocks(held: readonly HeldLock[], durationMs: number): Promise<string[]> {
    const until = this.context.runner.runtime.monotonicMs() + durationMs;
    const lost = await this.renewLocks(held, durationMs);
    for (const [id, token] of held) {
      if (!lost.includes(id)) {
        this.context.host.extended?.(id, token, until);
      }
    }
    return lost;
  }

  /** Returns the ids whose lock is no longer held. */
  async renewLocks(
    held: readonly HeldLock[],
    lockMs: number,
    { silenceMs, graceMs }: Silence = NO_SILENCE,
  ): Promise<string[]> {
    const { runner, calls, host } = this.context;
    const lost: string[] = [];
    for (let first = 0; first < held.length; first += RENEWALS_PER_CALL) {
      const slice = held.slice(first, first + RENEWALS_PER_CALL);
      const args = [REDIS_TIME, lockMs, silenceMs, graceMs] as const;
      const call = (): Promise<unknown> => runner.run(renewLocks, args, encodeRenewLocks(slice));
      const { lost: gone, cancelled } = decodeRenewLocksReply(await calls.repeatable(call));
      lost.push(...gone);
      for (const { id, token, how } of cancelled) {
        host.cancelled?.(id, token, how);
      }
    }
    return lost;
  }

  /** Takes back jobs whose lock expired; those that stalled too often come as jobs to fail. */
  async recoverStalled(options: {
    worker: string;
    lockMs: number;
    maxStalls: number;
    maxEventBytes: number;
    silence: Silence;
  }): Promise<Recovered> {
    const { runner, calls, delivery } = this.context;
    const { lockMs, maxStalls, maxEventBytes, silence } = options;
    this.recoveries += 1;
    const worker = `${options.worker}.recovery.${this.recoveries}`;
    const sentAt = runner.runtime.monotonicMs();
    const { silenceMs, graceMs: longestGraceMs } = silence;
    const args = [
      ...([REDIS_TIME, worker, lockMs, maxStalls, maxEventBytes] as const),
      ...([silenceMs, longestGraceMs, 1] as const),
    ] as const;
    const reply = await calls.repeatable(() => runner.run(recoverStalled, args));
    // Also where no job ends for long: what another process has begun to deliver, or to put aside, is looked after.
    delivery.nudge(0);
    const { ids, graceMs, unplanned, started } = decodeRecoverStalledReply(reply);
    return { stalled: ids, exhausted: started.map(jobRecord), unplanned, graceMs, sentAt };
  }

  /** Lets Redis hear that somebody is there, see `Silence`. */
  async showAlive({ silenceMs, graceMs }: Silence): Promise<void> {
    await this.context.runner.run(recoverStalled, [REDIS_TIME, '', 0, 0, 0, silenceMs, graceMs, 0]);
  }
}
