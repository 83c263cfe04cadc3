import type { Runtime, Timer } from '../runtime/runtime.js';
import { Service } from '../runtime/service.js';
import type { QueueStore } from '../store/queue-store.js';
import type { NeededPlaces } from '../store/shared-limit-store.js';

/** For how long places are borrowed. A run that goes on after nobody could renew the lease for so long is not counted any more. */
const LEASE_MS = 10_000;
/** Between looks. */
const RENEW_MS = 1000;
/** Between looks while jobs wait for a place, here or in another queue. */
const HURRY_MS = 100;

/**
 * Borrows for a queue what it needs of the limits that it shares with others, renews it, and gives back what it does not need. Any number of
 * processes may do so at the same time: a lease has a number, and the newer one holds.
 *
 * Modes while it runs: idle, where the queue shares no limit (until `look`) -> looking -> waiting for the next look -> ...
 */
export class PlaceKeeper extends Service {
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  private lookedAt = -Infinity;
  private isWanted = false;
  private sharesLimits = false;

  constructor(
    runtime: Runtime,
    private readonly store: QueueStore,
    private readonly failed: (error: unknown) => void,
  ) {
    super(runtime);
  }

  /** Looks whether the queue shares limits, as when one was changed. */
  look(): void {
    this.isWanted = true;
    this.lookSoon();
  }

  protected override onStart(): void {
    this.look();
  }

  /** Something waits that may not start. */
  poke(): void {
    if (this.sharesLimits) {
      this.look();
    }
  }

  /** Gives back what running jobs do not need. */
  protected async onStop(): Promise<void> {
    this.timer?.cancel();
    await this.looking;
    if (this.sharesLimits) {
      await this.renewAll(true);
    }
  }

  private lookSoon(): void {
    if (!this.looking && !this.isStopped) {
      this.schedule(Math.max(this.lookedAt + HURRY_MS - this.runtime.monotonicMs(), 0));
    }
  }

  private schedule(ms: number): void {
    this.timer?.cancel();
    if (ms <= 0) {
      this.timer = undefined;
      this.begin();
    } else {
      this.timer = this.runtime.setTimer(() => this.begin(), ms, { upkeep: true });
    }
  }

  private begin(): void {
    this.isWanted = false;
    this.lookedAt = this.runtime.monotonicMs();
    this.looking = this.renewAll(false)
      .catch((error: unknown) => {
        this.failed(error);
        return RENEW_MS;
      })
      .then((nextMs) => {
        this.looking = undefined;
        if (this.isStopped) {
          return;
        }
        if (this.isWanted) {
          this.lookSoon();
        } else if (nextMs !== undefined) {
          this.schedule(nextMs);
        }
      });
  }

  /** Returns when to look again; never where the queue shares no limit. */
  private async renewAll(leaving: boolean): Promise<number | undefined> {
    const { store } = this;
    const { time, limits } = await store.sharedLimits.count(leaving);
    this.sharesLimits = limits.length > 0;
    if (!this.sharesLimits) {
      return undefined;
    }
    const hurries = await Promise.all(limits.map((limit) => this.renew(store, time, limit)));
    return hurries.some(Boolean) ? HURRY_MS : RENEW_MS;
  }

  /** Returns whether somebody waits for a place. */
  private async renew(store: QueueStore, since: string, limit: NeededPlaces): Promise<boolean> {
    const { name } = limit;
    const lent = await store.homeOfLimit(name).lend(store.keys.base, LEASE_MS, limit);
    await store.sharedLimits.take(name, since, LEASE_MS, lent);
    const isShort = lent.places < limit.needed && (lent.numbers.concurrency ?? 0) > 0;
    return isShort || lent.starts < limit.lacking || lent.isContended;
  }
}
