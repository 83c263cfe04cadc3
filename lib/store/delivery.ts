import { queueBase } from '../job/job-ref.js';
import { within } from '../runtime/within.js';
import type { OutboxRelay } from './outbox-relay.js';
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
