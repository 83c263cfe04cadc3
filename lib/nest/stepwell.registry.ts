import { type BeforeApplicationShutdown, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { QueueEvents } from '../events/queue-events.js';
import type { FlowProducerOptions } from '../flow/flow-options.js';
import { FlowProducer } from '../flow/flow-producer.js';
import { sleep } from '../runtime/sleep.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import { within } from '../runtime/within.js';
import { Queue } from '../queue/queue.js';
import type { QueueOptions } from '../queue/queue-options.js';
import type { Worker } from '../worker/worker.js';
import { baseOptionsOf } from './base-options.js';
import {
  ConflictingFlowProducerOptionsError,
  ConflictingQueueOptionsError,
  QueueNotRegisteredError,
} from './nest-errors.js';
import { LazyQueueEvents } from './lazy-queue-events.js';
import { SilentQueueEvents } from './silent-queue-events.js';
import { differingOptions } from './differing-options.js';
import { StepwellLog } from './stepwell.log.js';

const LAST_RESPONSES_MS = 20;
/** Redis may hang. */
const LAST_EVENTS_MS = 1000;

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
export class StepwellRegistry implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly queues = new Map<string, Queue>();
  /** Names of queues that modules register, also of those that a test puts something else in place of. */
  private readonly registered = new Set<string>();
  /** Queues whose events come from the provider of them, and not from what a test puts in its place. */
  private readonly provided = new Set<string>();
  /** Queues whose workers start with the application. */
  private readonly started = new Set<string>();
  private readonly workers = new Map<string, Worker>();
  private readonly events = new Map<string, QueueEvents>();
  private readonly producers = new Map<string, FlowProducer>();

  /** Where the start of the application fails, Nest goes on making providers for a while. */
  private isClosed = false;

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

  /** @internal Whether a module registers the queue, and a test has put something else in its place. */
  isReplaced(name: string): boolean {
    return this.registered.has(name) && !this.queues.has(name);
  }

  /** @internal */
  register(name: string): void {
    this.registered.add(name);
  }

  /** @internal What the provider of a queue's events gives, unless a test has put something else in its place. */
  provideEvents(name: string): QueueEvents {
    this.provided.add(name);
    return this.getEvents(name);
  }

  /** @internal Whether a module registers the queue, and a test has put something else in place of its events. */
  areEventsReplaced(name: string): boolean {
    return this.registered.has(name) && !this.provided.has(name);
  }

  getWorkers(): Worker[] {
    return [...this.workers.values()];
  }

  /** @internal Whether the worker of a queue starts with the application. */
  startsWorker(queue: string): boolean {
    return this.started.has(queue);
  }

  /** The worker of a queue, or undefined when no class of this application processes it. */
  getWorker(queue: string): Worker | undefined {
    return this.workers.get(queue);
  }

  /** The events of a registered queue, read from the moment that somebody listens or subscribes. */
  getEvents(queue: string): QueueEvents {
    const present = this.events.get(queue);
    if (present) return present;
    const events = this.isReplaced(queue) ? new SilentQueueEvents(queue) : this.lazyEvents(queue);
    events.on('error', (error) => this.log.error(queue, error));
    this.events.set(queue, events);
    if (this.isClosed) void events.close();
    return events;
  }

  private lazyEvents(queue: string): QueueEvents {
    const { opts } = this.getQueue(queue);
    return new LazyQueueEvents(queue, {
      autorun: false,
      ...baseOptionsOf(opts),
      ...(opts.callTimeout === undefined ? {} : { callTimeout: opts.callTimeout }),
    });
  }

  /** @internal The events of a queue, where somebody listens to them. */
  readingEvents(queue: string): QueueEvents | undefined {
    const events = this.events.get(queue);
    return events?.isReading ? events : undefined;
  }

  /** @internal A queue that is registered in several modules is one queue. */
  openQueue(name: string, options: QueueOptions, isLate = false): Queue {
    const present = this.queues.get(name);
    if (present) {
      const differing = differingOptions(present.opts, options);
      if (differing.length > 0) {
        // The application will not come to be, so nobody else would close them.
        if (!isLate) void this.closeQueues();
        throw new ConflictingQueueOptionsError(name, differing);
      }
      return present;
    }
    const queue = new Queue(name, options);
    queue.on('error', (error) => this.log.error(name, error));
    this.queues.set(name, queue);
    if (this.isClosed) void queue.close();
    return queue;
  }

  /** @internal A flow producer that is registered in several modules is one. */
  openFlowProducer(token: string, options: FlowProducerOptions): FlowProducer {
    const present = this.producers.get(token);
    if (present) {
      const differing = differingOptions(present.opts, options);
      if (differing.length > 0) {
        void this.closeQueues();
        throw new ConflictingFlowProducerOptionsError(token, differing);
      }
      return present;
    }
    const producer = new FlowProducer(options);
    producer.on('error', (error) => this.log.error('flows', error));
    this.producers.set(token, producer);
    if (this.isClosed) void producer.close();
    return producer;
  }

  /** @internal @param byHand whether somebody else starts it */
  addWorker(worker: Worker, byHand: boolean): void {
    this.workers.set(worker.name, worker);
    if (!byHand) this.started.add(worker.name);
  }

  /** @internal */
  async closeQueues(): Promise<void> {
    this.isClosed = true;
    await this.closeEvents();
    await Promise.all([...this.getQueues(), ...this.producers.values()].map((each) => each.close()));
  }

  /** Streams complete before the HTTP server waits for its open responses, which may be fed by them. */
  async beforeApplicationShutdown(): Promise<void> {
    // Workers have drained: who follows the jobs that ended then still hears of it.
    const all = [...this.events.values()];
    await within(systemRuntime, LAST_EVENTS_MS, Promise.all(all.map((events) => events.caughtUp())));
    await this.closeEvents();
    if (this.events.size > 0) {
      // Responses that end now must have ended when the server closes, which then closes their idle connections too
      // instead of waiting for their time to be over.
      await sleep(systemRuntime, LAST_RESPONSES_MS);
    }
  }

  private async closeEvents(): Promise<void> {
    await Promise.all([...this.events.values()].map((events) => events.close()));
  }

  /** The registry's module is global, and so among the last to hear of it: others may add jobs until here. */
  async onApplicationShutdown(): Promise<void> {
    await this.closeQueues();
  }
}
