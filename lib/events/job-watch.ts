import { Observable, type Subscriber } from 'rxjs';
import type {
  DroppedEvent,
  EventOf,
  GapEvent,
  JobEvent,
  JobEventBase,
  SnapshotEvent,
} from '../job/job-event.js';
import { refuseUnknown } from '../job/known-names.js';
import { retryUntilAborted } from '../runtime/retry-until-aborted.js';
import type { JobLook } from '../store/inspect-store.js';
import { type BufferOptions, checkBufferOptions, EventBuffer } from './event-buffer.js';
import { compareEventIds, type Cursor, readCursor } from './event-id.js';
import { EventPlace, type StreamEnd } from './event-place.js';
import type { EventReader } from './event-reader.js';
import { eventsUpTo, type KeepTrying } from './events-up-to.js';
import { takeSnapshot } from './take-snapshot.js';

/** What a watcher of a job gets. */
export type WatchEvent = Extract<JobEvent, JobEventBase> | EventOf<'custom'> | GapEvent | DroppedEvent;

export interface WatchOptions {
  /**
   * Id of an event to go on after, such as the `Last-Event-ID` of a browser. Nothing, an empty text or `0` begins with a
   * snapshot.
   */
  after?: string | undefined;
  /** For events that come while the job is being looked up. */
  buffer?: BufferOptions;
}

/** The queue's events as they come. */
export interface LiveEvents {
  /** Resolves once what happens later is emitted. */
  start(): Promise<void>;
  /** Emits what happens to a job, and gaps. */
  listen(jobId: string, listener: { next: (event: JobEvent) => void; closed: () => void }): () => void;
  /** How far the events are, as a look at the job has shown. */
  learn(end: StreamEnd): void;
  report(error: unknown): void;
}

const FINISHED = new Set<string>(['completed', 'failed', 'unknown']);
const LAST_EVENTS = new Set<string>(['completed', 'failed', 'removed']);

/** See `QueueEvents.watch`. */
export function watchJob(
  reader: EventReader,
  live: LiveEvents,
  jobId: string,
  options: WatchOptions,
): Observable<WatchEvent> {
  refuseUnknown('watch option', options, ['after', 'buffer']);
  const { after, buffer = {} } = options;
  checkBufferOptions(buffer);
  const cursor = after ? readCursor('after', after) : undefined;
  return new Observable((subscriber) => {
    const watch = new JobWatch(reader, live, jobId, subscriber, new EventBuffer(buffer));
    subscriber.add(() => watch.stop());
    watch.begin(cursor?.entryId === '0-0' ? undefined : cursor);
  });
}

/** One subscription. What comes while it looks something up is held, and compared with the place of what it found. */
class JobWatch {
  private readonly stopped = new AbortController();
  private readonly unlisten: () => void;
  /** Looking something up: what comes has to wait. */
  private isBusy = true;
  /** Everything up to this event has been emitted, or is part of what was emitted. */
  private seenId = '';

  constructor(
    private readonly reader: EventReader,
    private readonly live: LiveEvents,
    private readonly jobId: string,
    private readonly subscriber: Subscriber<WatchEvent>,
    private readonly held: EventBuffer<JobEvent>,
  ) {
    this.unlisten = live.listen(jobId, {
      next: (event) => this.receive(event),
      closed: () => subscriber.complete(),
    });
  }

  begin(cursor: Cursor | undefined): void {
    if (this.stopped.signal.aborted) {
      return;
    }
    void this.busy(async () => {
      await this.live.start();
      await (cursor ? this.goOn(cursor) : this.refresh());
    });
  }

  stop(): void {
    this.stopped.abort();
    this.unlisten();
    this.held.clear();
  }

  private receive(event: JobEvent): void {
    try {
      this.held.push(event);
    } catch (error) {
      this.subscriber.error(error);
    }
    this.release();
  }

  private release(): void {
    while (!this.isBusy && !this.stopped.signal.aborted) {
      const event = this.held.shift();
      if (!event) {
        return;
      }
      if (isBreak(event) || compareEventIds(event.id, this.seenId) > 0) {
        this.emit(event as WatchEvent);
      }
    }
  }

  private emit(event: WatchEvent): void {
    if (event.event === 'gap' || event.event === 'dropped') {
      this.subscriber.next(event);
      void this.busy(() => this.refresh());
    } else if (isLarge(event)) {
      void this.busy(() => this.tellLargeEnd(event));
    } else {
      this.seenId = event.id;
      this.subscriber.next(event);
      if (LAST_EVENTS.has(event.event)) {
        this.subscriber.complete();
      }
    }
  }

  /** Whatever Redis fails at in here is tried again, so the work ends only done or stopped; what else fails ends the watch. */
  private async busy(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    try {
      await work();
    } catch (error) {
      this.subscriber.error(error);
    }
    this.isBusy = false;
    this.release();
  }

  private async look(): Promise<JobLook | undefined> {
    const look = await this.keepTrying(() => this.reader.look(this.jobId));
    if (look) {
      this.live.learn(look);
    }
    return look;
  }

  private readonly keepTrying: KeepTrying = (attempt) =>
    retryUntilAborted(this.reader.runtime, attempt, this.stopped.signal, (error) => this.live.report(error));

  private snapshot(look: JobLook): SnapshotEvent {
    return takeSnapshot(this.jobId, look, this.reader.codec, (error) => this.live.report(error));
  }

  private async refresh(): Promise<void> {
    const look = await this.look();
    if (look) {
      this.tellSnapshot(this.snapshot(look));
    }
  }

  private tellSnapshot(snapshot: SnapshotEvent): void {
    this.seenId = snapshot.id;
    this.subscriber.next(snapshot);
    if (FINISHED.has(snapshot.state)) {
      this.subscriber.complete();
    }
  }

  /** A result or a reason that is too large for its event is with its job. */
  private async tellLargeEnd(event: EndEvent): Promise<void> {
    const look = await this.look();
    if (look) {
      const { state, returnvalue, failedReason } = this.snapshot(look);
      const is = state === event.event;
      if (event.event === 'completed') {
        this.subscriber.next(is ? { ...event, returnvalue } : event);
      } else {
        this.subscriber.next(is && failedReason !== undefined ? { ...event, failedReason } : event);
      }
      this.subscriber.complete();
    }
  }

  /** Emits what came after the cursor; where some of it is gone, that it is, and how the job is instead. */
  private async goOn(cursor: Cursor): Promise<void> {
    const look = await this.look();
    if (!look) {
      return;
    }
    const gap = await this.replay(EventPlace.at(cursor, this.reader.codec), look);
    if (this.stopped.signal.aborted || this.subscriber.closed) {
      return;
    }
    if (gap) {
      this.subscriber.next(gap);
      await this.refresh();
      return;
    }
    const snapshot = this.snapshot(look);
    if (FINISHED.has(snapshot.state)) {
      // Its last event lies before the cursor: nothing will follow.
      this.tellSnapshot(snapshot);
    } else {
      this.seenId = snapshot.id;
    }
  }

  /** Up to the place of the look. Returns the gap that it comes upon. */
  private async replay(place: EventPlace, look: JobLook): Promise<GapEvent | undefined> {
    for await (const events of eventsUpTo(this.reader, place, look.entryId, this.keepTrying)) {
      for (const event of events) {
        if (event.event === 'gap') {
          return event;
        }
        if (isOf(event, this.jobId) && !(await this.notifyAgain(event as WatchEvent))) {
          return undefined;
        }
      }
    }
    return this.stopped.signal.aborted ? undefined : place.finish(look);
  }

  /** Whether more may follow. */
  private async notifyAgain(event: WatchEvent): Promise<boolean> {
    if (isLarge(event)) {
      await this.tellLargeEnd(event);
    } else {
      this.emit(event);
    }
    return !this.subscriber.closed;
  }
}

type EndEvent = EventOf<'completed'> | EventOf<'failed'>;

/** Whether the event leaves out the result or the reason. An empty reason may be one. */
function isLarge(event: WatchEvent): event is EndEvent {
  return event.event === 'completed'
    ? event.returnvalue === undefined
    : event.event === 'failed' && event.failedReason === '';
}

/** What says that something is missing, wherever it stands: ids begin anew where a stream does. */
function isBreak(event: JobEvent): boolean {
  return event.event === 'dropped' || (event.event === 'gap' && event.lost === undefined);
}

function isOf(event: JobEvent, jobId: string): boolean {
  return 'jobId' in event && event.jobId === jobId;
}
