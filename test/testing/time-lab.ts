import { afterEach } from '@jest/globals';
import {
  FlowProducer,
  type Processor,
  Queue,
  QueueEvents,
  type QueueOptions,
  Worker,
  type WorkerOptions,
} from 'stepwell/engine';
import { createTimeTravel, type TimeTravel, type TimeTravelOptions } from 'stepwell/testing';
import { testRedisUrl } from '../support/redis.js';

export const START = Date.UTC(2030, 0, 1);

interface Closable {
  close(): Promise<unknown>;
}

/** For tests of virtual time: what is made in it is closed after each case, the last first. */
export class TimeLab {
  private readonly open: Closable[] = [];
  time!: TimeTravel;

  constructor() {
    afterEach(() => this.close());
  }

  async travel(options: TimeTravelOptions = {}): Promise<TimeTravel> {
    this.time = await createTimeTravel({ redis: testRedisUrl(), start: START, ...options });
    return this.keep(this.time);
  }

  /** Virtual ms since the beginning. */
  get elapsedMs(): number {
    return this.time.now - START;
  }

  queue(name = 'jobs', options: QueueOptions = {}): Queue {
    return this.keep(new Queue(name, { connection: this.time.connection, ...options }));
  }

  worker(processor: Processor | null, options: WorkerOptions = {}, name = 'jobs'): Worker {
    return this.keep(new Worker(name, processor, { connection: this.time.connection, ...options }));
  }

  flows(): FlowProducer {
    return this.keep(new FlowProducer({ connection: this.time.connection }));
  }

  async events(name = 'jobs'): Promise<QueueEvents> {
    const events = this.keep(new QueueEvents(name, { connection: this.time.connection }));
    await events.waitUntilReady();
    return events;
  }

  keep<T extends Closable>(made: T): T {
    this.open.push(made);
    return made;
  }

  async close(): Promise<void> {
    for (const each of this.open.splice(0).toReversed()) await each.close();
  }
}
