import { queueBase } from '../job/job-ref.js';
import { Lifetime } from './lifetime.js';

/** Stores beyond that many are forgotten, unless they are at work. */
const MOST = 200;

/** What is asked of a store. */
export interface PeerStore {
  readonly isIdle: boolean;
  /** Whether nobody waits for a call of its own. */
  readonly ownQuiet: boolean;
  /** Resolves once no call of its own is on its way. */
  ownIdle(): Promise<void>;
  /** Rejects every call of its own that somebody waits for. */
  closeOwn(who: string): void;
}

/** Names a queue. */
export interface QueueRef {
  prefix: string;
  queueName: string;
}

/**
 * The stores of other queues that one object has come to need, shared by all of them: the peer of a peer is one of these.
 * Bounded, as some users have a queue for each of their customers.
 */
export class StorePeers<S extends PeerStore> {
  /** That of whoever they belong to. */
  readonly lifetime = new Lifetime();
  /** The least recently used first. */
  private readonly stores = new Map<string, S>();
  private last: { queue: QueueRef; store: S } | undefined;

  constructor(private readonly make: (queue: QueueRef, peers: StorePeers<S>) => S) {}

  of(queue: QueueRef): S {
    const { last } = this;
    if (last?.queue.queueName === queue.queueName && last.queue.prefix === queue.prefix) {
      return last.store;
    }
    const base = queueBase(queue.prefix, queue.queueName);
    const store = this.stores.get(base) ?? this.make(queue, this);
    this.stores.delete(base);
    this.stores.set(base, store);
    this.last = { queue: { prefix: queue.prefix, queueName: queue.queueName }, store };
    if (this.stores.size > MOST) {
      this.forgetIdle();
    }
    return store;
  }

  /** Resolves once no call of theirs is on its way. */
  async idle(): Promise<void> {
    await Promise.all([...this.stores.values()].map((store) => store.ownIdle()));
  }

  /** Whether nobody waits for a call of theirs. */
  get isQuiet(): boolean {
    return [...this.stores.values()].every(({ ownQuiet }) => ownQuiet);
  }

  /**
   * Rejects every call of theirs that somebody waits for, and each that is made from now on.
   * @param who whoever they belong to, such as `The queue photos`
   */
  close(who: string): void {
    this.lifetime.end(who);
    this.stores.forEach((store) => store.closeOwn(who));
  }

  get size(): number {
    return this.stores.size;
  }

  private forgetIdle(): void {
    this.last = undefined;
    for (const [base, store] of this.stores) {
      if (this.stores.size <= MOST / 2) {
        return;
      }
      if (store.isIdle) {
        this.stores.delete(base);
      }
    }
  }
}
