import { hostname } from 'node:os';
import { Observable } from 'rxjs';
import { checkBoolean, checkNamedJob, checkQueueName } from '../job/check.js';
import {
  ConnectionClosedError,
  ConnectionError,
  NotRunnableError,
  RedisVersionError,
} from '../job/errors.js';
import type { CustomEvent, EventOf, JobEvent, JobEventName } from '../job/job-event.js';
import { refuseUnknown } from '../job/known-names.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import { type Connection, READY_PATIENCE_MS } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX, type QueueBaseOptions } from '../redis/queue-base-options.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { Presence } from '../store/presence.js';
import { readCursor } from './event-id.js';
import { isEventName } from './event-names.js';
import { EventFeed, FROM_NOW } from './event-feed.js';
import type { StreamEnd } from './event-place.js';
import { EventReader } from './event-reader.js';
import { EventStreams } from './event-streams.js';
import { emitEvent, type QueueEventsListener } from './queue-events-listener.js';
import { type WatchEvent, watchJob, type WatchOptions } from './job-watch.js';

export interface QueueEventsOptions extends QueueBaseOptions {
  /** Whether to start reading at once. Default true; else call `run`. */
  autorun?: boolean;
  /** Id of the event to go on after, `0` for the oldest one kept. Default `$`: what comes from now on. */
  lastEventId?: string;
}

/**
 * Emits what happens in a queue, whoever makes it happen: to listeners, and as Observables that complete at `close`. All
 * of a process share one reading connection.
 *
 * @example
 * const events = new QueueEvents('photos', { connection });
 * events.on('completed', ({ jobId, returnvalue }) => console.log(jobId, returnvalue));
 * events.deduplicated$.subscribe(({ jobId, deduplicatedJobId }) => console.log(jobId, deduplicatedJobId));
 */
export class QueueEvents extends SafeEmitter {
  private readonly connection: Connection;
  private readonly keys: QueueKeys;
  private readonly reader: EventReader;
  private readonly presence: Presence;
  private feed: EventFeed | undefined;
  private closed: Promise<void> | undefined;
  private hasRun = false;
  private readonly streams = new EventStreams(() => void this.read());

  /** Every event, in its order. Subscribing starts the reading where `autorun` is off. */
  readonly all$: Observable<JobEvent> = this.streams.all$;
  readonly added$ = this.streams.of('added');
  readonly waiting$ = this.streams.of('waiting');
  readonly delayed$ = this.streams.of('delayed');
  readonly waitingChildren$ = this.streams.of('waiting-children');
  readonly active$ = this.streams.of('active');
  readonly progress$ = this.streams.of('progress');
  readonly completed$ = this.streams.of('completed');
  readonly failed$ = this.streams.of('failed');
  readonly cancelled$ = this.streams.of('cancelled');
  readonly retriesExhausted$ = this.streams.of('retries-exhausted');
  readonly childFailed$ = this.streams.of('child-failed');
  readonly stepStarted$ = this.streams.of('step-started');
  readonly stepCompleted$ = this.streams.of('step-completed');
  readonly stepFailed$ = this.streams.of('step-failed');
  readonly signalled$ = this.streams.of('signalled');
  readonly stalled$ = this.streams.of('stalled');
  readonly removed$ = this.streams.of('removed');
  readonly duplicated$ = this.streams.of('duplicated');
  readonly deduplicated$ = this.streams.of('deduplicated');
  readonly cleaned$ = this.streams.of('cleaned');
  readonly drained$ = this.streams.of('drained');
  readonly paused$ = this.streams.of('paused');
  readonly resumed$ = this.streams.of('resumed');
  readonly groupPaused$ = this.streams.of('group-paused');
  readonly groupResumed$ = this.streams.of('group-resumed');
  /** Of a `QueueEventsProducer`, whatever their name; see `of` for those of one name. */
  readonly custom$ = this.streams.custom$;
  /** Emits that events were not read, as the stream had been cut past them. */
  readonly gap$ = this.streams.of('gap');

  constructor(
    readonly name: string,
    readonly opts: QueueEventsOptions = {},
  ) {
    super();
    checkQueueName(name);
    checkBaseOptions('QueueEvents option', opts, ['autorun', 'lastEventId']);
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    if (opts.autorun !== undefined) checkBoolean('autorun', opts.autorun);
    if (opts.lastEventId !== undefined && opts.lastEventId !== FROM_NOW) {
      readCursor('lastEventId', opts.lastEventId);
    }
    this.setMaxListeners(0);
    this.connection = connect(opts.connection, opts);
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch(
      (error: unknown) => error instanceof RedisVersionError && this.emit('error', error),
    );
    this.keys = new QueueKeys(prefix, name);
    this.presence = new Presence(this.connection, this.keys, {
      ...{
        kind: 'events',
        id: this.connection.runtime.uniqueId(),
        name: '',
        host: hostname(),
        pid: process.pid,
      },
      since: this.connection.runtime.now(),
    });
    this.reader = new EventReader(this.connection, this.keys, opts.codec, opts.callTimeout);
    if (opts.autorun !== false) {
      this.hasRun = true;
      void this.read();
    }
  }

  override on<E extends keyof QueueEventsListener>(event: E, listener: QueueEventsListener[E]): this;
  override on(event: string, listener: (...args: any[]) => void): this;
  override on(event: string, listener: (...args: any[]) => void): this {
    return super.on(event, listener);
  }

  override once<E extends keyof QueueEventsListener>(event: E, listener: QueueEventsListener[E]): this;
  override once(event: string, listener: (...args: any[]) => void): this;
  override once(event: string, listener: (...args: any[]) => void): this {
    return super.once(event, listener);
  }

  /** Events of one name, also of a custom one. */
  of<E extends JobEventName>(name: E): Observable<EventOf<E>>;
  of<F = Record<string, any>>(name: string): Observable<CustomEvent<F>>;
  of(name: string): Observable<JobEvent> {
    return isEventName(name) ? this.streams.of(name) : this.streams.customOf(name);
  }

  /**
   * How a job is, as a `snapshot` event, then what happens to it; no event in between is lost. Completes after
   * `completed`, `failed` or `removed`, at once for a job that has finished or is not there, and when these events are
   * closed. It never errors because of the job or of Redis: it waits until Redis is back. Unsubscribing does nothing to
   * the job.
   *
   * With `after` it goes on after that event instead of beginning with a snapshot. What is not kept any more is emitted as a
   * `gap`, followed by a fresh snapshot; so it is when events go missing later.
   *
   * @throws {InvalidOptionError} for an `after` that is no event's id, or a buffer that cannot be
   *
   * @example
   * events.watch(job.id).subscribe((event) => {
   *   if (event.event === 'progress') console.log(event.data);
   *   if (event.event === 'failed') console.log(event.failedReason);
   * });
   */
  watch(jobId: string, options: WatchOptions = {}): Observable<WatchEvent> {
    checkNamedJob(jobId);
    const live = {
      start: () => this.read(),
      listen: this.streams.listen.bind(this.streams),
      learn: (end: StreamEnd) => this.feed?.learn(end),
      report: this.onReadError,
    };
    return watchJob(this.reader, live, jobId, options);
  }

  /**
   * Everything that happens, from a place of one's own: after an event, or from now on. Unlike `all$` it is cold, so that
   * a board that was cut off gets what it missed; what is not kept any more is emitted as a `gap`. Completes when these events
   * are closed.
   *
   * @param options.after id of an event, such as the `Last-Event-ID` of a browser; `0` for the oldest one kept; nothing or an empty
   * text for what comes from now on
   * @throws {InvalidOptionError} for an `after` that is no event's id
   *
   * @example
   * events.follow({ after: lastEventId }).pipe(ofType('completed', 'failed'), toSse());
   */
  follow(options: { after?: string | undefined } = {}): Observable<JobEvent> {
    refuseUnknown('follow option', options, ['after']);
    const { after } = options;
    if (after) {
      readCursor('after', after);
    }
    return new Observable((subscriber) => {
      subscriber.add(this.streams.whenComplete(() => subscriber.complete()));
      if (!subscriber.closed) {
        const feed = this.open(after || FROM_NOW, (event) => subscriber.next(event));
        subscriber.add(() => void feed.stop());
      }
    });
  }

  /**
   * Starts reading. Resolves once the starting place is known: what happens later is emitted. Rejects with `NotRunnableError`
   * where it was called before (with `autorun`, the default, it was), or where these events are closed. Rejects as
   * `waitUntilReady` does where Redis refuses or does not reply: it is read on as soon as that is over, and nobody has to
   * handle the rejection, as it is an `error` event too.
   */
  run(): Promise<void> {
    if (this.closed || this.hasRun) {
      const why = this.closed
        ? 'were closed: make new ones'
        : 'are read already: use autorun: false to start it yourself';
      return Promise.reject(new NotRunnableError(`The events of ${this.name} ${why}.`));
    }
    this.hasRun = true;
    void this.read();
    const started = this.connection.answerWithin(READY_PATIENCE_MS, async () => this.feed?.started());
    started.catch(() => {});
    return started;
  }

  /** @internal Reads, if it does not yet. */
  protected read(): Promise<void> {
    if (this.closed) {
      return this.closed;
    }
    this.presence.start();
    this.feed ??= this.open(this.opts.lastEventId ?? FROM_NOW, (event) => {
      this.streams.next(event);
      emitEvent(this, event);
    });
    return this.feed.ready;
  }

  /**
   * Resolves once everything that happens from now on will be emitted. Rejects with `ConnectionError` when that has taken 15 s, with
   * `RedisReplyError` where Redis refuses to have the events read, and with `ConnectionClosedError` when these events are closed: else
   * another call waits anew.
   */
  async waitUntilReady(): Promise<void> {
    if (this.closed) {
      throw new ConnectionClosedError(`The events of ${this.name} are closed: open others.`);
    }
    await this.connection.answerWithin(READY_PATIENCE_MS, async () => {
      await this.connection.waitUntilReady();
      await this.feed?.started();
    });
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.closed !== undefined;
  }

  /** @internal Whether somebody has listened, so that they are read. */
  get isReading(): boolean {
    return this.feed !== undefined && this.closed === undefined;
  }

  /** @internal Resolves once everything that has happened until now was emitted; at once where nobody reads. */
  async caughtUp(): Promise<void> {
    await this.feed?.caughtUp();
  }

  /** Same as `close`. */
  async disconnect(): Promise<void> {
    await this.close();
  }

  close(): Promise<void> {
    return (this.closed ??= (async () => {
      this.emit('closing');
      void this.feed?.stop();
      this.reader.close();
      this.streams.complete();
      this.connection.off('error', this.onConnectionError);
      await this.presence.stop();
      await this.connection.release();
    })());
  }

  private open(after: string, emit: (event: JobEvent) => void): EventFeed {
    const line = this.connection.eventStreamReader(this.keys.base);
    return new EventFeed(this.reader, line, after, emit, this.onReadError);
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  private readonly onReadError = (error: unknown): void => {
    // The connection itself reports outages.
    if (!this.closed && !(error instanceof ConnectionError)) {
      this.emit('error', error);
    }
  };
}
