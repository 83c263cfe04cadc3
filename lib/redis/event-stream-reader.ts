import { BlockingReader, withoutClientPrefix } from './blocking-reader.js';
import type { RedisClient } from './client.js';

const BLOCK_MS = 5000;
const ENTRIES_PER_READ = 200;
/** Without a word for so long, a stream is compared with what the server says of it. */
const QUIET_MS = 15_000;

export type StreamEntry = readonly [id: string, fields: string[]];

/** Somebody who reads a stream where its line is. */
export interface StreamReader {
  /** What was written, in its order; nothing is left out from the place of joining on. */
  entries(entries: StreamEntry[]): void;
  /** The line had to start over and has forgotten its readers: look how far the stream is now, and join again. */
  restarted(): void;
  /** Nothing has come for a while: see whether that is so. One of the readers of a stream is asked. */
  quiet(): void;
}

interface Stream {
  /** Id of the last entry that was read. */
  place: string;
  readers: Set<StreamReader>;
  /** By the monotonic clock. */
  heardAt: number;
}

/**
 * Reads the event streams of many queues with one blocking client, each from one place: whoever is behind it catches up by
 * reading ranges, and slows nobody.
 */
export class EventStreamReader extends BlockingReader {
  protected readonly failure = 'Events cannot be read';
  private readonly streams = new Map<string, Stream>();
  /** A nudge that has been read and may be there still: while it cannot be removed it must not end one read after the other. */
  private nudged: { key: string; id: string } | undefined;

  /**
   * @param place id of an entry: where to begin when nobody reads that stream yet
   * @returns the place that the line has come to: what follows it will be handed over, what lies before it will not
   */
  join(key: string, place: string, reader: StreamReader): string {
    const known = this.streams.get(key);
    if (known) {
      known.readers.add(reader);
      return known.place;
    }
    this.streams.set(key, {
      place,
      readers: new Set([reader]),
      heardAt: this.owner.runtime.monotonicMs(),
    });
    // A read in flight may be that of an earlier reader, at another place.
    this.changed(key, true);
    return place;
  }

  leave(key: string, reader: StreamReader): void {
    const stream = this.streams.get(key);
    if (stream?.readers.delete(reader) && stream.readers.size === 0) {
      this.streams.delete(key);
    }
  }

  protected override onStop(): void {
    super.onStop();
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
    const places = keys.map((key) => this.streams.get(key)?.place ?? '$');
    const seen = this.nudged?.key === nudgeKey ? this.nudged.id : '0';
    const streams = (await client.xread(
      'COUNT',
      ENTRIES_PER_READ,
      'BLOCK',
      blockMs,
      'STREAMS',
      ...keys,
      nudgeKey,
      ...places,
      seen,
    )) as [string, StreamEntry[]][] | null;
    return () => {
      for (const [name, entries] of streams ?? []) {
        const key = withoutClientPrefix(client, name);
        if (key === nudgeKey) {
          this.forgetNudge(nudgeKey, entries.at(-1)?.[0] ?? '0');
        } else {
          this.emit(key, places[keys.indexOf(key)], entries);
        }
      }
    };
  }

  protected afterRead(): void {
    const now = this.owner.runtime.monotonicMs();
    for (const stream of this.streams.values()) {
      if (now - stream.heardAt >= QUIET_MS) {
        stream.heardAt = now;
        const [one] = stream.readers;
        one?.quiet();
      }
    }
  }

  /** Where a connection broke, another server may be the master now: with fewer entries, or with a clock that is behind. */
  protected afterFailure(): void {
    this.nudged = undefined;
    this.sendBack();
  }

  /** The stream of nudges is read from its start, so one that was sent before the read began counts too. */
  protected async nudge(client: RedisClient, nudgeKey: string): Promise<unknown> {
    return client.multi().xadd(nudgeKey, 'MAXLEN', 1, '*', 'n', '1').pexpire(nudgeKey, BLOCK_MS).exec();
  }

  private forgetNudge(key: string, id: string): void {
    const nudged = { key, id };
    this.nudged = nudged;
    this.owner.client.unlink(key).then(
      () => {
        if (this.nudged === nudged) {
          this.nudged = undefined;
        }
      },
      (error: unknown) => this.complain(error),
    );
  }

  private sendBack(): void {
    const readers = [...this.streams.values()].flatMap((stream) => [...stream.readers]);
    this.streams.clear();
    readers.forEach((reader) => reader.restarted());
  }

  private emit(key: string, from: string | undefined, entries: StreamEntry[]): void {
    const stream = this.streams.get(key);
    const last = entries.at(-1)?.[0];
    // Of another place than it is at now: it will be read again from there.
    if (!stream || last === undefined || stream.place !== from) {
      return;
    }
    stream.place = last;
    stream.heardAt = this.owner.runtime.monotonicMs();
    [...stream.readers].forEach((reader) => this.handOver(reader, entries));
  }

  /** One reader that cannot take an entry stops no other. */
  private handOver(reader: StreamReader, entries: StreamEntry[]): void {
    try {
      reader.entries(entries);
    } catch (error) {
      this.complain(error);
    }
  }
}

/** Orders ids of entries: by time, then by number. */
export function compareIds(a: string, b: string): number {
  const [aMs = 0, aSeq = 0] = a.split('-').map(Number);
  const [bMs = 0, bSeq = 0] = b.split('-').map(Number);
  return aMs - bMs || aSeq - bSeq;
}
