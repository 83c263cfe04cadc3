import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Queue } from '../queue/queue.js';
import type { QueueOptions } from '../queue/queue-options.js';
import type { Worker } from '../worker/worker.js';
import { ConflictingQueueOptionsError, QueueNotRegisteredError } from './nest-errors.js';
import { StepwellLog } from './stepwell.log.js';

/**
 * The application's queues and workers by name. Inject it where names are only known at run time.
 *
 * @example
 * constructor(private readonly registry: StepwellRegistry) {}
 *
 * counts() {
 *   return Promise.all(this.registry.getQueues().map((queue) => queue.getJobCounts()));
 * }
 */
@Injectable()
export class StepwellRegistry implements OnApplicationShutdown {
  private readonly queues = new Map<string, Queue>();
  private readonly workers = new Map<string, Worker>();

  constructor(private readonly log: StepwellLog) {}

  getQueues(): Queue[] {
    return [...this.queues.values()];
  }

  /** Throws `QueueNotRegisteredError` when there is none of that name. */
  getQueue<Q extends Queue = Queue>(name: string): Q {
    const queue = this.queues.get(name);
    if (!queue) throw new QueueNotRegisteredError(name, 'StepwellRegistry.getQueue()');
    return queue as Q;
  }

  hasQueue(name: string): boolean {
    return this.queues.has(name);
  }

  getWorkers(): Worker[] {
    return [...this.workers.values()];
  }

  /** The worker of a queue, or undefined when no class of this application processes it. */
  getWorker(queue: string): Worker | undefined {
    return this.workers.get(queue);
  }

  /** @internal A queue that is registered in several modules is one queue. */
  openQueue(name: string, options: QueueOptions): Queue {
    const present = this.queues.get(name);
    if (present) {
      if (!isDeepStrictEqual(present.opts, options)) {
        // The application will not come to be, so nobody else would close them.
        void this.closeQueues();
        throw new ConflictingQueueOptionsError(name);
      }
      return present;
    }
    const queue = new Queue(name, options);
    queue.on('error', (error) => this.log.error(name, error));
    this.queues.set(name, queue);
    return queue;
  }

  /** @internal */
  addWorker(worker: Worker): void {
    this.workers.set(worker.name, worker);
  }

  /** @internal */
  async closeQueues(): Promise<void> {
    await Promise.all(this.getQueues().map((queue) => queue.close()));
  }

  /** The registry's module is global, and so among the last to be told: others may add jobs until here. */
  async onApplicationShutdown(): Promise<void> {
    await this.closeQueues();
  }
}
