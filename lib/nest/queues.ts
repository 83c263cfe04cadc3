import { Injectable } from '@nestjs/common';
import type { Queue } from '../queue/queue.js';
import { checkQueueOptions } from '../queue/check-queue-options.js';
import type { QueueOptions } from '../queue/queue-options.js';
import { type QueueDefinition, type QueueName, queueNameOf, type QueueOf } from './define-queue.js';
import { mergeQueueOptions } from './merge-queue-options.js';
import { QueueNotRegisteredError } from './nest-errors.js';
import { SharedOptions } from './shared-options.js';
import { StepwellRegistry } from './stepwell.registry.js';

/**
 * Opens queues whose names are only known at run time. They have the options of `forRoot` and are closed with the application.
 *
 * @example
 * constructor(private readonly queues: Queues) {}
 *
 * notify(tenant: string, mail: Mail) {
 *   return this.queues.open<Mail>(`mails-${tenant}`).add('notify', mail);
 * }
 */
@Injectable()
export class Queues {
  constructor(
    private readonly registry: StepwellRegistry,
    private readonly shared: SharedOptions,
  ) {}

  /**
   * The queue of that name, the same one each time; one that a module registers is that one. Throws
   * `ConflictingQueueOptionsError` for options that it was not opened with, `QueueNotRegisteredError` without `forRoot`.
   */
  open<Q extends QueueDefinition>(queue: Q, options?: QueueOptions): QueueOf<Q>;
  // oxlint-disable-next-line typescript/no-explicit-any -- the defaults of `Queue`
  open<D = any, R = any, N extends string = string>(queue: string, options?: QueueOptions): Queue<D, R, N>;
  open(queue: QueueName, options?: QueueOptions): Queue {
    const name = queueNameOf(queue);
    if (options === undefined && this.registry.hasQueue(name)) {
      return this.registry.getQueue(name);
    }
    if (!this.shared.queue && options?.connection === undefined) {
      throw new QueueNotRegisteredError(name, 'Queues.open() without StepwellModule.forRoot');
    }
    checkQueueOptions(options ?? {});
    return this.registry.openQueue(name, mergeQueueOptions(this.shared.queue, options ?? {}), true);
  }
}
