import type { Runtime } from '../runtime/runtime.js';
import { type Lane, LanePool } from './lane.js';

export interface GroupLimits {
  /** Calls in flight at most. */
  lanes: number;
  /** Entries in a call at most; read anew for each call. */
  entries: () => number;
  /** Bytes of a call about, above which it takes no further entry. */
  bytes: number;
}

/**
 * Gathers entries into calls. An entry that comes while all lanes are busy joins the next call; one that comes while
 * a lane is free is sent at the end of the running microtasks, together with its neighbors, never held back longer.
 *
 * Modes: idle (nothing pending) -> scheduled (a flush waits for the microtasks to end) -> calls in flight; the end of
 * a call flushes what has gathered meanwhile. `poke` asks for a call even without entries.
 */
export class GroupCommit<E> {
  private readonly lanes: LanePool;
  private pending: E[] = [];
  private sizes: number[] = [];
  private scheduled = false;
  private poked = false;
  private onIdle: (() => void)[] = [];

  /**
   * @param send performs one call; settles its entries itself and never rejects
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly send: (lane: Lane, entries: E[]) => Promise<void>,
    private readonly limits: GroupLimits,
  ) {
    this.lanes = new LanePool(runtime, limits.lanes);
  }

  push(entry: E, bytes: number): void {
    this.pending.push(entry);
    this.sizes.push(bytes);
    if (this.pending.length >= this.limits.entries()) {
      // A full call goes out at once: Redis works on it while further entries are made.
      this.flushOne();
    }
    this.schedule();
  }

  poke(): void {
    this.poked = true;
    this.schedule();
  }

  /** Resolves once nothing is pending or in flight. */
  async idle(): Promise<void> {
    if (this.pending.length > 0 || this.scheduled || this.lanes.inUse > 0) {
      await new Promise<void>((resolve) => this.onIdle.push(resolve));
    }
  }

  /** Entries that no call has taken yet; they are no longer pending afterwards. */
  takePending(): E[] {
    const pending = this.pending;
    this.pending = [];
    this.sizes = [];
    return pending;
  }

  private schedule(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(this.flush);
    }
  }

  private readonly flush = (): void => {
    this.scheduled = false;
    if (this.hasWork() && this.flushOne() && this.hasWork()) {
      // Calls sent in one go are answered in one go, and then Redis and this process would work in turns instead of
      // side by side: the second call follows when Redis has the first.
      this.scheduled = true;
      this.runtime.setSoon(this.flush);
    }
    this.tellIdle();
  };

  private hasWork(): boolean {
    return this.pending.length > 0 || this.poked;
  }

  /** Starts one call. Answers whether there was a lane for it. */
  private flushOne(): boolean {
    const lane = this.lanes.acquire();
    if (!lane) {
      return false;
    }
    this.poked = false;
    const entries = this.takeEntries();
    void this.send(lane, entries).then(() => {
      this.lanes.release(lane);
      if (this.hasWork()) {
        this.schedule();
      } else {
        this.tellIdle();
      }
    });
    return true;
  }

  private takeEntries(): E[] {
    const most = Math.min(this.limits.entries(), this.pending.length);
    let count = 0;
    for (let bytes = 0; count < most; count += 1) {
      bytes += this.sizes[count] as number;
      if (count > 0 && bytes > this.limits.bytes) {
        break;
      }
    }
    this.sizes.splice(0, count);
    return this.pending.splice(0, count);
  }

  private tellIdle(): void {
    if (this.onIdle.length > 0 && this.pending.length === 0 && !this.scheduled && this.lanes.inUse === 0) {
      const waiting = this.onIdle;
      this.onIdle = [];
      for (const resolve of waiting) {
        resolve();
      }
    }
  }
}
