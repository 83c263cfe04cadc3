import { randomUUID } from 'node:crypto';
import type { RedisClient } from './client.js';
import type { Connection } from './connection.js';

const GRACE_MS = 2000;
const RETRY_MS = 100;
/** A call waits no longer than this, so that a changed set of waiters never depends on a lost nudge for long. */
const MAX_BLOCK_MS = 10_000;

interface Waiter {
  deadline: number;
  done: (woken: boolean) => void;
}

/**
 * Waits for the wake markers of many queues in one blocking call. A marker wakes one waiter of its queue.
 * The call is watched: one that is overdue loses its client, and a new one is made. A further marker of its own lets
 * the line leave a call whose set of queues has changed.
 */
export class WakeLine {
  private client: RedisClient | undefined;
  private readonly waiters = new Map<string, Waiter[]>();
  private readonly nudgeKey: string;
  private looping = false;
  private closed = false;
  /** Keys of the call in flight. */
  private blockedOn: readonly string[] | undefined;

  constructor(
    private readonly connection: Connection,
    base: string,
  ) {
    this.nudgeKey = `${base}nudge:${randomUUID()}`;
  }

  /** Resolves with true when the marker was taken, with false after `timeoutMs` or when the line closes. */
  wait(wakeKey: string, timeoutMs: number): { promise: Promise<boolean>; cancel: () => void } {
    let waiter!: Waiter;
    const promise = new Promise<boolean>((resolve) => {
      waiter = { deadline: Date.now() + timeoutMs, done: resolve };
    });
    const list = this.waiters.get(wakeKey);
    if (list) {
      list.push(waiter);
    } else {
      this.waiters.set(wakeKey, [waiter]);
    }
    if (this.closed) {
      this.finish(wakeKey, waiter, false);
    } else if (!this.looping) {
      void this.loop();
    } else if (this.blockedOn && !this.blockedOn.includes(wakeKey)) {
      this.nudge();
    }
    return { promise, cancel: () => this.finish(wakeKey, waiter, false) };
  }

  close(): void {
    this.closed = true;
    for (const [key, list] of this.waiters) {
      for (const waiter of [...list]) {
        this.finish(key, waiter, false);
      }
    }
    this.drop();
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

  /** Makes the call in flight return, so that the next one waits for the present set. */
  private nudge(): void {
    this.connection.client
      .multi()
      .zadd(this.nudgeKey, 0, '1')
      .pexpire(this.nudgeKey, MAX_BLOCK_MS)
      .exec()
      .catch(() => {});
  }

  private async loop(): Promise<void> {
    this.looping = true;
    while (this.waiters.size > 0 && !this.closed) {
      const block = Math.min(this.nextDeadline() - Date.now(), MAX_BLOCK_MS);
      if (block <= 0) {
        this.expire();
        continue;
      }
      try {
        const taken = await this.block(block);
        if (taken && taken !== this.nudgeKey) {
          this.wake(taken);
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      this.expire();
    }
    this.looping = false;
  }

  private async block(blockMs: number): Promise<string | undefined> {
    const client = (this.client ??= this.connection.duplicate());
    this.blockedOn = [...this.waiters.keys()];
    let watchdog: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      watchdog = setTimeout(() => {
        this.drop();
        reject(new Error('A blocking read is overdue.'));
      }, blockMs + GRACE_MS);
    });
    try {
      const call = client.bzpopmin(...this.blockedOn, this.nudgeKey, Math.max(blockMs, 10) / 1000);
      call.catch(() => {});
      const popped = await Promise.race([call, overdue]);
      // The key comes back as the server has it: with the prefix of the client, where there is one.
      return popped?.[0].slice(client.options.keyPrefix?.length ?? 0);
    } finally {
      clearTimeout(watchdog);
      this.blockedOn = undefined;
    }
  }

  private wake(wakeKey: string): void {
    const waiter = this.waiters.get(wakeKey)?.[0];
    if (waiter) {
      this.finish(wakeKey, waiter, true);
    } else {
      // Nobody here waits for that queue any more: the marker goes back for another process.
      this.connection.client.zadd(wakeKey, 0, '1').catch(() => {});
    }
  }

  private nextDeadline(): number {
    let next = Infinity;
    for (const list of this.waiters.values()) {
      for (const waiter of list) {
        next = Math.min(next, waiter.deadline);
      }
    }
    return next;
  }

  private expire(): void {
    const now = Date.now();
    for (const [key, list] of [...this.waiters]) {
      for (const waiter of [...list]) {
        if (waiter.deadline <= now) {
          this.finish(key, waiter, false);
        }
      }
    }
  }

  private drop(): void {
    this.client?.disconnect();
    this.client = undefined;
  }
}
