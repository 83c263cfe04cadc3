import { ConnectionClosedError } from '../job/errors.js';
import type { JobEvent } from '../job/job-event.js';
import { retryUntilAborted } from '../runtime/retry-until-aborted.js';
import { Service } from '../runtime/service.js';
import {
  compareIds,
  type EventStreamReader,
  type StreamEntry,
  type StreamReader,
} from '../redis/event-stream-reader.js';
import { isPassingFailure } from '../redis/redis-failure.js';
import { readCursor } from './event-id.js';
import { EventPlace, type StreamEnd } from './event-place.js';
import type { EventReader } from './event-reader.js';
import { eventsUpTo, type KeepTrying } from './events-up-to.js';

/** What comes from now on. */
export const FROM_NOW = '$';

/** Entries that wait while those before them are read: with more, it is not near enough to join. */
const MOST_HELD = 1000;

/**
 * Reads a queue's events from a place on, and says where some are missing. While it is behind it reads ranges of its own; then
 * it joins the process' reading connection, and goes back to ranges when that had to start over.
 *
 * Modes: behind (reads ranges up to the end as it was looked up) -> joining (reads what lies before the line, while
 * what the line brings is held) -> live. It begins as it is made; from each mode it may be stopped, and a line that starts over leads
 * back to behind.
 */
export class EventFeed extends Service implements StreamReader {
  /** Resolves once the starting place is known: what happens later is emitted. */
  readonly ready: Promise<void>;
  private readonly stopped = new AbortController();
  private place: EventPlace | undefined;
  private mode: 'behind' | 'joining' | 'live' = 'behind';
  private held: StreamEntry[] = [];
  /** Those who wait for the starting place, but not while Redis refuses it. */
  private readonly starters = new Set<(error: Error) => void>();
  private waiters: { eventNumber: number; resolve: () => void }[] = [];

  /**
   * @param after id of an event, or `FROM_NOW`
   * @param emit takes each event in its order
   * @param onError called when Redis cannot be read; it is tried again
   */
  constructor(
    private readonly reader: EventReader,
    private readonly line: EventStreamReader,
    after: string,
    private readonly emit: (event: JobEvent) => void,
    private readonly onError: (error: unknown) => void,
  ) {
    super(reader.runtime);
    const cursor = after === FROM_NOW ? undefined : readCursor('lastEventId', after);
    const first = this.look();
    this.ready = first.then((end) => {
      if (end) {
        this.place = cursor ? EventPlace.at(cursor, reader.codec) : EventPlace.after(end, reader.codec);
        void this.catchUp(this.place, end);
      }
    });
  }

  /** As `ready`, but rejects with what Redis refuses; it is tried again all the same. Rejects when the feed is stopped. */
  async started(): Promise<void> {
    let refuse!: (error: Error) => void;
    const refused = new Promise<never>((_resolve, reject) => {
      refuse = reject;
      this.starters.add(refuse);
    });
    if (this.stopped.signal.aborted) {
      refuse(stopped());
    }
    await Promise.race([refused, this.ready]).finally(() => this.starters.delete(refuse));
  }

  protected onStop(): void {
    this.stopped.abort();
    this.refuseStarters(stopped());
    this.leave();
    this.releaseWaiters();
  }

  /** Resolves once everything that has happened until now was emitted, or the feed is stopped. */
  async caughtUp(): Promise<void> {
    await this.ready;
    if (this.stopped.signal.aborted) {
      return;
    }
    const { eventNumber } = await this.reader.look('');
    await new Promise<void>((resolve) => {
      this.waiters.push({ eventNumber, resolve });
      this.releaseWaiters();
    });
  }

  /** Somebody has seen how far the events are. */
  learn(end: StreamEnd): void {
    this.place?.learn(end);
  }

  entries(entries: StreamEntry[]): void {
    if (this.mode === 'live') {
      this.tellAll((this.place as EventPlace).take(entries));
      return;
    }
    this.held.push(...entries);
    if (this.held.length > MOST_HELD) {
      this.leave();
    }
  }

  restarted(): void {
    const wasLive = this.mode === 'live';
    this.leave();
    if (wasLive) {
      void this.comeBack();
    }
  }

  /** Events may have stopped without any connection having broken. */
  quiet(): void {
    void this.verify();
  }

  private async verify(): Promise<void> {
    const end = await this.look();
    if (end && this.mode === 'live' && (end.isAnew || !this.place?.isPast(end.eventNumber))) {
      this.line.restart();
    }
  }

  private async comeBack(): Promise<void> {
    const end = await this.look();
    if (end) {
      await this.catchUp(this.place as EventPlace, end);
    }
  }

  /** Goes on until it has joined the line, or is stopped. */
  private async catchUp(place: EventPlace, until: StreamEnd): Promise<void> {
    for (let end: StreamEnd | undefined = until; end; end = await this.look()) {
      await this.readTo(place, end.entryId);
      if (this.stopped.signal.aborted) {
        return;
      }
      const gap = place.finish(end);
      this.tellAll(gap ? [gap] : []);
      if (await this.join(place)) {
        return;
      }
    }
  }

  /** Returns false where the line has moved on too far meanwhile, or had to start over. */
  private async join(place: EventPlace): Promise<boolean> {
    if (this.stopped.signal.aborted) {
      return false;
    }
    this.mode = 'joining';
    const head = this.line.join(this.reader.key, place.entryId, this);
    if (compareIds(head, place.entryId) > 0) {
      await this.readTo(place, head);
    }
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- it may have changed while ranges were read
    if (this.mode !== 'joining') {
      return false;
    }
    const held = this.held.splice(0);
    this.mode = 'live';
    this.tellAll(place.take(held));
    return true;
  }

  private leave(): void {
    this.line.leave(this.reader.key, this);
    this.mode = 'behind';
    this.held = [];
  }

  private async readTo(place: EventPlace, entryId: string): Promise<void> {
    for await (const events of eventsUpTo(this.reader, place, entryId, this.keepTrying)) {
      this.tellAll(events);
    }
  }

  private tellAll(events: readonly JobEvent[]): void {
    for (const event of events) {
      if (this.stopped.signal.aborted) {
        return;
      }
      this.emit(event);
    }
    if (this.waiters.length > 0) {
      this.releaseWaiters();
    }
  }

  private async look(): Promise<StreamEnd | undefined> {
    const wentBack = this.place?.mark();
    const end = await this.keepTrying(() => this.reader.look(''));
    return end && wentBack?.(end) ? { ...end, isAnew: true } : end;
  }

  private readonly keepTrying: KeepTrying = (attempt) =>
    retryUntilAborted(this.reader.runtime, attempt, this.stopped.signal, (error) => {
      if (error instanceof Error && !isPassingFailure(error)) {
        this.refuseStarters(error);
      }
      this.onError(error);
    });

  private refuseStarters(error: Error): void {
    this.starters.forEach((refuse) => refuse(error));
    this.starters.clear();
  }

  private releaseWaiters(): void {
    const isPast = (eventNumber: number): boolean =>
      this.stopped.signal.aborted || (this.place?.isPast(eventNumber) ?? false);
    this.waiters.filter(({ eventNumber }) => isPast(eventNumber)).forEach(({ resolve }) => resolve());
    this.waiters = this.waiters.filter(({ eventNumber }) => !isPast(eventNumber));
  }
}

function stopped(): ConnectionClosedError {
  return new ConnectionClosedError('The queue events were closed.');
}
