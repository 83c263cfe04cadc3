import { BlockingLine, withoutClientPrefix } from './blocking-line.js';
import type { RedisClient } from './client.js';

const BLOCK_MS = 5000;
const ENTRIES_PER_READ = 200;

export type StreamEntry = readonly [id: string, fields: string[]];

interface Subscription {
  /** Undefined until the starting place is known. */
  after: string | undefined;
  entries: (entries: StreamEntry[]) => void;
}

/** Reads the event streams of many queues, each subscriber from its own place, with one blocking client. */
export class EventLine extends BlockingLine {
  protected readonly failure = 'Events cannot be read';
  private readonly streams = new Map<string, Set<Subscription>>();

  /**
   * @param after id of an entry, or a promise of it while the place is being looked for
   * @returns `ready` resolves once the starting place is known: what is written later is told
   */
  subscribe(
    key: string,
    after: string | Promise<string>,
    entries: (entries: StreamEntry[]) => void,
  ): { ready: Promise<void>; unsubscribe: () => void } {
    const subscription: Subscription = { after: undefined, entries };
    let isOver = false;
    const ready = Promise.resolve(after).then((place) => {
      subscription.after = place;
      if (!isOver) {
        this.add(key, subscription);
      }
    });
    const unsubscribe = (): void => {
      isOver = true;
      this.remove(key, subscription);
    };
    return { ready, unsubscribe };
  }

  override close(): void {
    super.close();
    this.streams.clear();
  }

  protected keys(): string[] {
    return [...this.streams.keys()];
  }

  protected blockMs(): number {
    return BLOCK_MS;
  }

  protected async read(
    client: RedisClient,
    keys: readonly string[],
    nudgeKey: string,
    blockMs: number,
  ): Promise<() => void> {
    const places = keys.map((key) => this.firstPlace(key));
    const streams = (await client.xread(
      'COUNT',
      ENTRIES_PER_READ,
      'BLOCK',
      blockMs,
      'STREAMS',
      ...keys,
      nudgeKey,
      ...places,
      '0',
    )) as [string, StreamEntry[]][] | null;
    return () => {
      for (const [name, entries] of streams ?? []) {
        const key = withoutClientPrefix(client, name);
        if (key === nudgeKey) {
          this.owner.client.unlink(nudgeKey).catch((error: unknown) => this.complain(error));
        } else {
          this.tell(key, entries);
        }
      }
    };
  }

  protected afterRead(): void {}

  /** Each subscriber knows its place: nothing is lost. */
  protected afterFailure(): void {}

  /** The stream of nudges is read from its start, so one that was sent before the read began counts too. */
  protected async nudge(client: RedisClient, nudgeKey: string): Promise<unknown> {
    return client.multi().xadd(nudgeKey, 'MAXLEN', 1, '*', 'n', '1').pexpire(nudgeKey, BLOCK_MS).exec();
  }

  private tell(key: string, entries: StreamEntry[]): void {
    const first = entries[0]?.[0];
    const last = entries[entries.length - 1]?.[0];
    if (first === undefined || last === undefined) {
      return;
    }
    for (const subscription of [...(this.streams.get(key) ?? [])]) {
      const after = subscription.after as string;
      // Only who began somewhere else than the others has seen some of them.
      const fresh =
        compareIds(first, after) > 0 ? entries : entries.filter(([id]) => compareIds(id, after) > 0);
      if (fresh.length > 0) {
        subscription.after = last;
        this.handOver(subscription, fresh);
      }
    }
  }

  /** One subscriber that cannot take an entry stops no other. */
  private handOver(subscription: Subscription, entries: StreamEntry[]): void {
    try {
      subscription.entries(entries);
    } catch (error) {
      this.complain(error);
    }
  }

  private add(key: string, subscription: Subscription): void {
    const set = this.streams.get(key);
    if (set) {
      set.add(subscription);
    } else {
      this.streams.set(key, new Set([subscription]));
    }
    this.changed(key, true);
  }

  private remove(key: string, subscription: Subscription): void {
    const set = this.streams.get(key);
    if (set?.delete(subscription) && set.size === 0) {
      this.streams.delete(key);
    }
  }

  private firstPlace(key: string): string {
    let first: string | undefined;
    for (const { after } of this.streams.get(key) ?? []) {
      // Most are at the same place.
      if (first === undefined || (after !== first && compareIds(after as string, first) < 0)) {
        first = after;
      }
    }
    return first as string;
  }
}

/** Orders ids of entries: by time, then by number. */
export function compareIds(a: string, b: string): number {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs - bMs || aSeq - bSeq;
}
