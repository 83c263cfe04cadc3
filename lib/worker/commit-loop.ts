import type { JobRecord } from '../job/job-record.js';
import type { JobWrite } from '../job/job-write.js';
import type { Runtime, Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { CommitBatch, Fetcher, Settle } from '../store/commit-batch.js';
import type { Fetched, Grant } from '../store/commit-call.js';
import type { RunStore } from '../store/run-store.js';

const RETRY_MS = 1000;
/** What is due later than in fifty years waits for something else to happen, such as a signal. */
const NEVER_MS = 50 * 365 * 24 * 3600_000;

/** What the loop needs of a store: its commits, which it makes fetch, and the wait for the queue's wake marker. */
export interface CommitSource {
  readonly runtime: Runtime;
  readonly commit: Pick<CommitBatch, 'fetchFor' | 'poke' | 'push' | 'idle'>;
  readonly runs: Pick<RunStore, 'waitForWake'>;
}

export interface CommitLoopOptions {
  grant: Grant;
  /** How many jobs there is room for, by the number of those that run and those that are asked for. */
  roomBeside: (running: number, asked: number) => number;
  /** For so long a wait for the wake marker lasts. */
  drainDelayMs: number;
  /** A rate limit may be lifted before its time, which no wake-up announces: look again after this long at the latest. */
  lookAgainMs: number;
  /** Between tries while Redis refuses them. */
  retryMs?: number | undefined;
}

export interface CommitLoopHooks {
  /**
   * A fetch brought jobs.
   * @param sentAt when the call was sent that brought them
   */
  jobs: (records: readonly JobRecord[], sentAt: number) => void;
  /** A fetch brought none; whether something waits that may not start. */
  none?: ((isSomethingWaiting: boolean) => void) | undefined;
  /** A fetch found nothing, for the first time since it last found something. */
  drained: () => void;
  failed: (error: unknown) => void;
}

/**
 * The one loop of a worker: what its runs write goes out with the calls that fetch its next jobs. It decides when to call and how
 * many jobs to ask for. Knows the slots: running ones, those asked for in a call, and the free rest.
 *
 * While there is work, every call that commits results also fetches. When a fetch comes back short, the loop waits for
 * the queue's wake marker, the next delayed job, the end of a rate limit, or `drainDelay`, whichever is first.
 *
 * Modes while it runs: fetching <-> paused.
 */
export class CommitLoop extends Service implements Fetcher {
  readonly grant: Grant;
  private readonly commits: CommitSource['commit'];
  private running = 0;
  private asked = 0;
  private fetching = false;
  private isDrained = false;
  /** Whether the last fetch was filled. */
  private plenty = false;
  private handOn = false;
  private waiting: { cancel: () => void } | undefined;
  private dueTimer: Timer | undefined;
  private limitTimer: Timer | undefined;
  private limitLook: Timer | undefined;
  private retryTimer: Timer | undefined;

  constructor(
    private readonly store: CommitSource,
    private readonly options: CommitLoopOptions,
    private readonly hooks: CommitLoopHooks,
  ) {
    super(store.runtime);
    this.grant = options.grant;
    this.commits = store.commit;
    this.commits.fetchFor(this);
  }

  /** Goes on fetching after a pause. */
  resume(): void {
    if (this.isRunning && !this.fetching) {
      this.fetching = true;
      this.look();
    }
  }

  /** Fetches no more; what a call in flight brings is still handed over, and what runs write still goes out. */
  pause(): void {
    this.fetching = false;
    this.waiting?.cancel();
    this.dueTimer?.cancel();
    this.limitTimer?.cancel();
    this.limitLook?.cancel();
    this.retryTimer?.cancel();
    this.dueTimer = undefined;
  }

  protected override onStart(): void {
    this.resume();
  }

  protected onStop(): void {
    this.pause();
  }

  /** Looks again, for instance after a reconnection or when there are more slots. */
  poke(): void {
    if (this.fetching) {
      this.look();
    }
  }

  /** Writes with the next call, however long Redis takes. */
  push(write: JobWrite, settle: Settle): void {
    this.commits.push(write, settle);
  }

  /** Fills a slot that has become free without a write. */
  refill(): void {
    this.commits.poke();
  }

  /** Resolves once nothing is to be written any more, and no call is on its way. */
  idle(): Promise<void> {
    return this.commits.idle();
  }

  /** A job that no fetch brought takes a slot. */
  began(): void {
    this.running += 1;
  }

  /** A job's slot is free; the write that ends the job fetches the next one. */
  ended(): void {
    this.running -= 1;
  }

  takeRoom(most: number): number {
    const room = this.fetching ? Math.max(Math.min(most, this.room()), 0) : 0;
    this.asked += room;
    if (this.fetching && this.plenty && this.room() > 0) {
      // The queue has more than this call takes: the rest of the slots is filled by another call beside it.
      this.commits.poke();
    }
    return room;
  }

  takeHandOn(): boolean {
    const handOn = this.handOn;
    this.handOn = false;
    return handOn;
  }

  fetched({ wanted, jobs, sentAt, dueInMs, limitedForMs }: Fetched): void {
    this.asked -= wanted;
    this.running += jobs.length;
    if (wanted > 0) {
      this.plenty = jobs.length === wanted;
    }
    if (jobs.length > 0) {
      this.hooks.jobs(jobs, sentAt);
    } else if (wanted > 0) {
      this.hooks.none?.(limitedForMs < 0);
    }
    if (!this.fetching) {
      return;
    }
    if (limitedForMs === 0) {
      this.notifyDrained(wanted, jobs.length);
    }
    this.lookWhenDue(dueInMs);
    if (limitedForMs > 0) {
      this.awaitLimit(limitedForMs + 1);
    } else if (this.plenty) {
      if (this.room() > 0) {
        this.poke();
      }
    } else if (this.room() > 0) {
      this.waitForWake();
    }
  }

  fetchFailed(wanted: number, error: unknown): void {
    this.asked -= wanted;
    this.hooks.failed(error);
    if (this.fetching) {
      this.retryTimer?.cancel();
      this.retryTimer = this.runtime.setTimer(() => this.poke(), this.options.retryMs ?? RETRY_MS);
    }
  }

  /** Fetches, and wakes another worker should there be more than fits here. */
  private look(): void {
    this.handOn = true;
    this.commits.poke();
  }

  private room(): number {
    return this.options.roomBeside(this.running, this.asked);
  }

  private notifyDrained(wanted: number, got: number): void {
    if (got > 0) {
      this.isDrained = false;
    } else if (wanted > 0 && !this.isDrained) {
      this.isDrained = true;
      this.hooks.drained();
    }
  }

  /** Kept up even without a free slot: the call then wakes another worker. Less than 0 says that nothing is due. */
  private lookWhenDue(dueInMs: number): void {
    this.dueTimer?.cancel();
    this.dueTimer = undefined;
    if (dueInMs >= 0) {
      this.dueTimer = this.runtime.setTimer(() => this.poke(), dueInMs + 1, { upkeep: dueInMs > NEVER_MS });
    }
  }

  /** A limit may be lifted before its time. */
  private awaitLimit(ms: number): void {
    this.limitTimer?.cancel();
    this.limitLook?.cancel();
    this.limitTimer = this.runtime.setTimer(() => this.poke(), ms);
    const { lookAgainMs } = this.options;
    if (lookAgainMs < ms) {
      this.limitLook = this.runtime.setTimer(() => this.poke(), lookAgainMs, { upkeep: true });
    }
  }

  private waitForWake(): void {
    if (this.waiting) {
      return;
    }
    const wait = this.store.runs.waitForWake(this.options.drainDelayMs);
    this.waiting = wait;
    void wait.promise.then((woken) => {
      this.waiting = undefined;
      // Without a free slot the call only hands the marker on.
      if (woken || (this.fetching && this.room() > 0)) {
        this.look();
      }
    });
  }
}
