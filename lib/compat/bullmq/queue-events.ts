import { QueueEvents as EngineQueueEvents } from '../../events/queue-events.js';
import { QueueEventsProducer as EngineQueueEventsProducer } from '../../events/queue-events-producer.js';
import { engineOptions, type QueueBaseOptions } from './base-options.js';

export interface QueueEventsOptions<Connection = any> extends Omit<
  QueueBaseOptions<Connection>,
  'telemetry'
> {
  autorun?: boolean;
  lastEventId?: string;
  /** Without effect: waits share one connection of the process. */
  blockingTimeout?: number;
}

export type QueueEventsProducerOptions<Connection = any> = Omit<QueueBaseOptions<Connection>, 'telemetry'>;

/** The events of a queue as BullMQ documents them. */
export class QueueEvents extends EngineQueueEvents {
  constructor(name: string, opts?: QueueEventsOptions) {
    super(name, engineOptions('QueueEvents option', opts, ['autorun', 'lastEventId']));
  }

  /** Name of the queue with its prefix. */
  get qualifiedName(): string {
    return `${this.opts.prefix}:${this.name}`;
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  override close(): Promise<void> {
    return (this.closing ??= super.close());
  }

  /** Numbers are texts in BullMQ's stream. */
  override emit(event: string | symbol, ...args: any[]): boolean {
    const [fields] = args as [{ count?: unknown; prev?: unknown }];
    if (fields?.prev === 'waiting' && String(event).startsWith('removed')) {
      return super.emit(event, { ...fields, prev: 'wait' }, ...args.slice(1));
    }
    if (event === 'cleaned' && typeof fields?.count === 'number') {
      return super.emit(event, { ...fields, count: String(fields.count) }, ...args.slice(1));
    }
    return super.emit(event, ...args);
  }
}

/** Publishes events of one's own, as BullMQ documents it. */
export class QueueEventsProducer extends EngineQueueEventsProducer {
  constructor(name: string, opts?: QueueEventsProducerOptions) {
    super(name, engineOptions('QueueEventsProducer option', opts));
  }

  /** Name of the queue with its prefix. */
  get qualifiedName(): string {
    return `${this.opts.prefix}:${this.name}`;
  }

  /** A name that a key of BullMQ's would have; nothing is stored under it. */
  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  /** Once `close` was called. */
  closing: Promise<void> | undefined;

  override close(): Promise<void> {
    return (this.closing ??= super.close());
  }
}
