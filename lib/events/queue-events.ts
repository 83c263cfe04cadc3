import type { Observable } from 'rxjs';
import { checkPrefix, checkQueueName } from '../job/check.js';
import { InvalidOptionError, RedisVersionError } from '../job/errors.js';
import type { JobEvent, JobEventName } from '../job/job-event.js';
import { SafeEmitter } from '../lifecycle/safe-emitter.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import type { StreamEntry } from '../redis/event-line.js';
import { DEFAULT_PREFIX, type QueueBaseOptions } from '../redis/queue-base-options.js';
import { QueueKeys } from '../redis/queue-keys.js';
import { decodeEntry } from './decode-entry.js';
import { EventStreams } from './event-streams.js';

export interface QueueEventsOptions extends QueueBaseOptions {
  /** Whether to start reading at once. Default true; else call `run`. */
  autorun?: boolean;
  /** Id of the event to go on after, `0` for the oldest one kept. Default `$`: what comes from now on. */
  lastEventId?: string;
}

type Fields<E extends JobEventName> = Omit<Extract<JobEvent, { event: E }>, 'event' | 'id' | 'timestamp'>;

/** Events of a `QueueEvents` and what their listeners get: the fields, and the id to go on after. */
export type QueueEventsListener = {
  [E in Exclude<JobEventName, 'drained'>]: (args: Fields<E>, id: string) => void;
} & {
  drained: (id: string) => void;
  error: (error: Error) => void;
  closing: () => void;
};

/**
 * Tells what happens in a queue, whoever makes it happen: to listeners, and as Observables that complete at `close`. All
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
  private readonly key: string;
  private subscription: { ready: Promise<void>; unsubscribe: () => void } | undefined;
  private closed: Promise<void> | undefined;
  private readonly streams = new EventStreams(() => this.start());

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

  constructor(
    readonly name: string,
    readonly opts: QueueEventsOptions = {},
  ) {
    super();
    checkQueueName(name);
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    checkPrefix(prefix);
    if (opts.lastEventId !== undefined && !/^(?:\$|\d+(?:-\d+){0,2})$/.test(opts.lastEventId)) {
      throw new InvalidOptionError('lastEventId', opts.lastEventId, 'Use the id of an event, 0 or $.');
    }
    this.setMaxListeners(0);
    this.connection = connect(opts.connection);
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch(
      (error: unknown) => error instanceof RedisVersionError && this.emit('error', error),
    );
    this.keys = new QueueKeys(prefix, name);
    this.key = this.keys.of('events');
    if (opts.autorun !== false) {
      this.start();
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

  /** Starts reading. Resolves once the starting place is known: what happens later is told. */
  run(): Promise<void> {
    this.subscription ??= this.subscribe(this.opts.lastEventId ?? '$');
    return this.subscription.ready;
  }

  /** As `run`, for those who cannot wait: what goes wrong becomes an `error` event. */
  protected start(): void {
    if (!this.closed) {
      this.run().catch((error: unknown) => void (this.closed ?? this.emit('error', error)));
    }
  }

  /** Resolves once everything that happens from now on will be told. */
  async waitUntilReady(): Promise<void> {
    await this.connection.ready;
    await this.subscription?.ready;
  }

  close(): Promise<void> {
    return (this.closed ??= (async () => {
      this.emit('closing');
      this.subscription?.unsubscribe();
      this.streams.complete();
      this.connection.off('error', this.onConnectionError);
      await this.connection.release();
    })());
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);

  private subscribe(after: string): { ready: Promise<void>; unsubscribe: () => void } {
    const [ms, seq, place] = after.split('-');
    const line = this.connection.eventLine(this.keys.base);
    if (place === undefined) {
      return line.subscribe(this.key, after, (entries) => this.tell(entries, -1));
    }
    // The rest of the entry that the last event was in comes first.
    const entryId = `${ms}-${seq}`;
    const rest = this.connection.client.xrange(this.key, entryId, entryId);
    const subscription = line.subscribe(this.key, entryId, (entries) => this.tell(entries, -1));
    const ready = rest.then((entries) => {
      this.tell(entries, Number(place));
      return subscription.ready;
    });
    return { ready, unsubscribe: subscription.unsubscribe };
  }

  private tell(entries: readonly StreamEntry[], afterPlace: number): void {
    for (const [entryId, fields] of entries) {
      for (const event of decodeEntry(entryId, fields).slice(afterPlace + 1)) {
        this.streams.next(event);
        this.tellOne(event);
      }
    }
  }

  private tellOne({ event, id, timestamp: _timestamp, ...fields }: JobEvent): void {
    if (event === 'drained') {
      this.emit('drained', id);
      return;
    }
    this.emit(event, fields, id);
    if ('jobId' in fields) {
      this.emit(`${event}:${fields.jobId}`, fields, id);
    }
  }
}
