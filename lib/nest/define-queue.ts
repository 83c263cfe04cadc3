import { branded } from '../job/branded.js';
import type { Job } from '../job/job.js';
import { checkQueueName } from '../job/check.js';
import type { Queue } from '../queue/queue.js';
import { getQueueEventsToken, getQueueToken } from './queue-token.js';

/** What the jobs of a queue are made of. */
export interface QueueTypes {
  Data?: unknown;
  Result?: unknown;
  /** Names of its jobs. */
  Name?: string;
}

declare const TYPES: unique symbol;

/** A queue's name, injection tokens and types in one place; see `defineQueue`. */
export class QueueDefinition<T extends QueueTypes = QueueTypes> {
  /** Types alone: there is nothing at run time. */
  declare readonly [TYPES]: T;
  /** As `getQueueToken` gives it. */
  readonly token: string;
  /** As `getQueueEventsToken` gives it. */
  readonly eventsToken: string;

  /** @internal Use `defineQueue`. */
  constructor(readonly name: string) {
    checkQueueName(name);
    this.token = getQueueToken(name);
    this.eventsToken = getQueueEventsToken(name);
  }
}

branded(QueueDefinition, 'QueueDefinition');

type Part<T, K extends string, Default> = T extends Record<K, infer V> ? V : Default;
type NameOf<T> = T extends { Name: infer N extends string } ? N : string;

/* oxlint-disable typescript/no-explicit-any -- the defaults of `Queue` and `Job` */

/** The queue that a definition means: `QueueOf<typeof orders>`. */
export type QueueOf<Q extends QueueDefinition<any>> =
  Q extends QueueDefinition<infer T> ? Queue<Part<T, 'Data', any>, Part<T, 'Result', any>, NameOf<T>> : never;

/** A job of it: `JobOf<typeof orders>`. */
export type JobOf<Q extends QueueDefinition<any>> =
  Q extends QueueDefinition<infer T> ? Job<Part<T, 'Data', any>, Part<T, 'Result', any>, NameOf<T>> : never;

/** A queue by its name or its definition. */
export type QueueName = string | QueueDefinition<any>;

/**
 * Defines a queue: its name, its tokens and the types of its jobs. `registerQueue`, `@InjectQueue`, `@InjectQueueEvents`, `@Processor` and
 * `Queues.open` take it in place of the name.
 *
 * @example
 * export const orders = defineQueue<{ Data: Order; Result: Receipt }>('orders');
 *
 * @Injectable()
 * class Shop {
 *   constructor(@InjectQueue(orders) private readonly queue: QueueOf<typeof orders>) {}
 * }
 */
export function defineQueue<T extends QueueTypes = QueueTypes>(name: string): QueueDefinition<T> {
  return new QueueDefinition<T>(name);
}

/** @internal */
export function queueNameOf<N>(queue: N | QueueDefinition<any>): N | string {
  return queue instanceof QueueDefinition ? queue.name : queue;
}
