import { queueBase } from '../job/job-ref.js';
import { within } from '../runtime/within.js';
import type { OutboxRelay } from './outbox-relay.js';
import { readPosted } from './outbox-page.js';
import type { QueueRelay } from './queue-relay.js';
import type { QueueRef } from './store-peers.js';

/** For which a call waits until other queues have received what it did. They will in any case. */
const TELL_MS = 5000;

/** What scripts of one queue leave in its outbox for other queues, from the side of those who called them. */
export class Delivery {
  constructor(
    private readonly relays: OutboxRelay,
    private readonly base: string,
  ) {}

  /** Asked for anew each time: the outbox relay forgets one that has nothing to do. */
  get relay(): QueueRelay {
    return this.relays.queueRelay(this.base);
  }

  /** The outbox may hold something, to be looked at in so many milliseconds. */
  nudge(lookInMs: number): void {
    this.relay.nudge(lookInMs);
  }

  /** Delivers what a call has posted, and brought along. */
  bring(posted: readonly string[]): void {
    const { relay } = this;
    for (const element of readPosted(posted)) relay.bring(element);
  }

  /** The same; returns by target whether it has been received by what was brought. What has not is delivered later, see `QueueRelay.delivered`. */
  arrivals(posted: readonly string[]): Map<string, Promise<boolean>> {
    const { relay } = this;
    const arrivals = new Map<string, Promise<boolean>>();
    for (const element of readPosted(posted)) {
      // The last one for a target comes after all others for it.
      arrivals.set(element.target, new Promise((resolve) => relay.bring(element, resolve)));
    }
    return arrivals;
  }

  /** Delivers what the outbox holds. */
  async deliver(): Promise<void> {
    await within(this.relays.runtime, TELL_MS, this.relay.delivered());
  }

  /** The word of a script, `ok` for `posted`: then there is a message to a parent, and by when this resolves it usually has arrived. */
  async settle(word: string): Promise<string> {
    if (word !== 'posted') {
      return word;
    }
    await this.deliver();
    return 'ok';
  }

  /** Whether all for that queue has reached it in time. What concerns this queue itself is there as soon as it is written. */
  async hasReached({ prefix, queueName }: QueueRef): Promise<boolean> {
    const base = queueBase(prefix, queueName);
    if (base === this.base) {
      return true;
    }
    let reached = false;
    const delivered = this.relay.delivered({ targets: new Set([base]) });
    await within(
      this.relays.runtime,
      TELL_MS,
      delivered.then((done) => (reached = done)),
    );
    return reached;
  }

  /** Resolves when nothing is being delivered. */
  idle(): Promise<void> {
    return this.relays.idleAt(this.base);
  }

  get isIdle(): boolean {
    return this.relays.isIdleAt(this.base);
  }
}
