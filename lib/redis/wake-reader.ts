import type { JobTaker } from '../job/job-taker.js';
import type { Timer } from '../runtime/runtime.js';
import { BlockingReader, withoutClientPrefix } from './blocking-reader.js';
import type { RedisClient } from './client.js';

/** A read blocks no longer than this, so that a lost nudge never matters for long. */
const MAX_BLOCK_MS = 10_000;
const MIN_BLOCK_MS = 10;
/** Long waits end together at multiples of this: a thousand idle workers make their calls in a few turns of the loop. */
const GRAIN_MS = 250;

interface Waiter {
  deadline: number;
  done: (woken: boolean) => void;
  taker: JobTaker | undefined;
}

/** A worker of this process that waits for jobs. */
export interface IdleWorker {
  taker: JobTaker;
  /** Takes it off the list of waiters: its call, with what was added to it, goes out at the end of the microtasks. */
  wake: () => void;
}

/**
 * Waits for the wake markers of many queues in one blocking read. A marker wakes one waiter of its queue. When a waiter's time
 * is up is seen here, by one timer, and not by the read, which goes on for others.
 */
export class WakeReader extends BlockingReader {
  protected readonly failure = 'Workers cannot wait for jobs';
  private readonly waiters = new Map<string, Waiter[]>();
  private timer: Timer | undefined;
  private firesAt = Infinity;

  /**
   * Resolves with true when the marker was taken, with false after `timeoutMs`, a long one up to 250 ms later, or when the line closes.
   * @param taker who waits, where it takes jobs of its process
   */
  wait(
    wakeKey: string,
    timeoutMs: number,
    taker?: JobTaker,
  ): { promise: Promise<boolean>; cancel: () => void } {
    let waiter!: Waiter;
    const promise = new Promise<boolean>((resolve) => {
      waiter = { deadline: this.endOf(timeoutMs), done: resolve, taker };
    });
    const list = this.waiters.get(wakeKey);
    if (list) {
      list.push(waiter);
    } else {
      this.waiters.set(wakeKey, [waiter]);
    }
    if (this.isStopped) {
      this.finish(wakeKey, waiter, false);
    } else {
      this.fireBy(waiter.deadline);
    }
    this.changed(wakeKey);
    return { promise, cancel: () => this.finish(wakeKey, waiter, false) };
  }

  /** A worker of this process that waits for that queue, and takes jobs. */
  idle(wakeKey: string): IdleWorker | undefined {
    for (const waiter of this.waiters.get(wakeKey) ?? []) {
      const { taker } = waiter;
      if (taker) {
        return { taker, wake: () => this.finish(wakeKey, waiter, true) };
      }
    }
    return undefined;
  }

  protected override onStop(): void {
    super.onStop();
    this.timer?.cancel();
    for (const [key, list] of [...this.waiters]) {
      for (const waiter of [...list]) {
        this.finish(key, waiter, false);
      }
    }
  }

  protected keys(): string[] {
    return [...this.waiters.keys()];
  }

  protected blockMs(): number {
    const deadlines = [...this.waiters.values()].flatMap((list) => list.map(({ deadline }) => deadline));
    return Math.min(Math.max(...deadlines) - this.owner.runtime.monotonicMs(), MAX_BLOCK_MS);
  }

  protected async read(
    client: RedisClient,
    keys: readonly string[],
    nudgeKey: string,
    blockMs: number,
  ): Promise<() => void> {
    const popped = await client.bzpopmin(...keys, nudgeKey, Math.max(blockMs, MIN_BLOCK_MS) / 1000);
    const key = popped ? withoutClientPrefix(client, popped[0]) : nudgeKey;
    return () => key !== nudgeKey && this.wake(key);
  }

  protected afterRead(): void {
    this.endOverdue();
  }

  private endOf(timeoutMs: number): number {
    const end = this.owner.runtime.monotonicMs() + timeoutMs;
    return timeoutMs < 4 * GRAIN_MS ? end : Math.ceil(end / GRAIN_MS) * GRAIN_MS;
  }

  private fireBy(deadline: number): void {
    if (deadline < this.firesAt) {
      this.timer?.cancel();
      this.firesAt = deadline;
      const { runtime } = this.owner;
      const ms = Math.max(Math.ceil(deadline - runtime.monotonicMs()), 0);
      this.timer = runtime.setTimer(this.onTimer, ms, { upkeep: true });
    }
  }

  private readonly onTimer = (): void => {
    this.firesAt = Infinity;
    this.endOverdue();
    for (const list of this.waiters.values()) {
      for (const { deadline } of list) {
        this.fireBy(deadline);
      }
    }
  };

  private endOverdue(): void {
    const now = this.owner.runtime.monotonicMs();
    for (const [key, list] of [...this.waiters]) {
      for (const waiter of list.filter(({ deadline }) => deadline <= now)) {
        this.finish(key, waiter, false);
      }
    }
  }

  /** The read may have taken markers with it: everybody looks for themselves. */
  protected afterFailure(): void {
    for (const [key, list] of [...this.waiters]) {
      for (const waiter of [...list]) {
        this.finish(key, waiter, true);
      }
    }
  }

  protected nudge(client: RedisClient, nudgeKey: string): Promise<unknown> {
    return client.multi().zadd(nudgeKey, 0, '1').pexpire(nudgeKey, MAX_BLOCK_MS).exec();
  }

  private wake(wakeKey: string): void {
    const waiter = this.waiters.get(wakeKey)?.[0];
    if (waiter) {
      this.finish(wakeKey, waiter, true);
    } else {
      // Nobody here waits for that queue any more: the marker goes back for another process.
      this.owner.client.zadd(wakeKey, 0, '1').catch((error: unknown) => this.complain(error));
    }
  }

  private finish(wakeKey: string, waiter: Waiter, woken: boolean): void {
    const list = this.waiters.get(wakeKey);
    const at = list?.indexOf(waiter) ?? -1;
    if (list && at >= 0) {
      list.splice(at, 1);
      if (list.length === 0) {
        this.waiters.delete(wakeKey);
      }
      waiter.done(woken);
    }
  }
}
