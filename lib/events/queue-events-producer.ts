import { checkEventName, checkInteger, checkQueueName } from '../job/check.js';
import { InvalidOptionError, RedisVersionError } from '../job/errors.js';
import { encodeJson } from '../job/json.js';
import { SafeEmitter } from '../runtime/safe-emitter.js';
import { checkBaseOptions } from '../redis/check-base-options.js';
import type { Connection } from '../redis/connection.js';
import { connect } from '../redis/connections.js';
import { DEFAULT_PREFIX, type QueueBaseOptions } from '../redis/queue-base-options.js';
import { lastCalls } from '../store/last-calls.js';
import { QueueStore } from '../store/queue-store.js';
import { isTaken } from './event-names.js';

const MAX_BYTES = 65_536;
const DEFAULT_MAX_EVENTS = 1000;

/**
 * Publishes events of your own in a queue's stream, for its `QueueEvents`. It has no listeners of its own but for `error`.
 *
 * @example
 * const producer = new QueueEventsProducer('photos', { connection });
 * await producer.publishEvent({ eventName: 'album-shared', album: 7 });
 * // elsewhere
 * events.on('album-shared', ({ album }) => console.log(album));
 */
export class QueueEventsProducer extends SafeEmitter {
  private readonly connection: Connection;
  private readonly store: QueueStore;
  private closed: Promise<void> | undefined;

  constructor(
    readonly name: string,
    readonly opts: QueueBaseOptions = {},
  ) {
    super();
    checkQueueName(name);
    checkBaseOptions('QueueEventsProducer option', opts);
    const prefix = opts.prefix ?? DEFAULT_PREFIX;
    this.connection = connect(opts.connection, opts);
    this.connection.on('error', this.onConnectionError);
    this.connection.ready.catch(
      (error: unknown) => error instanceof RedisVersionError && this.emit('error', error),
    );
    this.store = new QueueStore(this.connection, prefix, name, { callTimeoutMs: opts.callTimeout });
  }

  /** Resolves once Redis has been reached and found new enough. */
  async waitUntilReady(): Promise<void> {
    await this.store.server.waitUntilReady();
  }

  /**
   * Publishes an event: listeners get its fields as they were, apart from what JSON cannot hold. With a `jobId`, whoever
   * watches that job gets it too.
   *
   * @param event its name, which must not be one of the queue's own, and its fields: at most 64 KiB of JSON
   * @param maxEvents entries that the stream keeps at least; where the queue keeps more, its own events are not cut for it
   * @throws {InvalidOptionError} for a name that is taken or no name, or an event that is too large
   * @throws {NotSerializableError} for fields that JSON cannot hold
   * @throws {CallTimeoutError} when Redis did not reply in time
   */
  async publishEvent<T extends { eventName: string }>(
    event: T,
    maxEvents: number = DEFAULT_MAX_EVENTS,
  ): Promise<void> {
    const eventName: unknown = event.eventName;
    checkEventName(eventName);
    if (isTaken(eventName)) {
      throw new InvalidOptionError(
        'eventName',
        eventName,
        'It is an event of the queue itself. Use another name.',
      );
    }
    checkInteger('maxEvents', maxEvents, 1);
    const text = encodeJson('The event', event, '{}');
    if (Buffer.byteLength(text) > MAX_BYTES) {
      throw new InvalidOptionError(
        'event',
        event,
        `Events are for telling, not for keeping: use at most ${MAX_BYTES} bytes of JSON, such as a reference.`,
      );
    }
    await this.store.control.publishEvent(text, maxEvents);
  }

  /** Same as `close`. */
  async disconnect(): Promise<void> {
    await this.close();
  }

  /**
   * Resolves once what was published has arrived; waits at most `callTimeout` and never longer than 10 s. What has not arrived by
   * then rejects with `ConnectionClosedError`.
   */
  close(): Promise<void> {
    return (this.closed ??= (async () => {
      await lastCalls(this.connection.runtime, this.store, this.opts.callTimeout);
      this.store.close(`The events producer of ${this.name}`);
      this.connection.off('error', this.onConnectionError);
      await this.connection.release();
    })());
  }

  private readonly onConnectionError = (error: Error): void => void this.emit('error', error);
}
