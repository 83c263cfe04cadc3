import {
  type BatchOptions,
  type BatchProcessor,
  FlowProducer,
  type Processor,
  Queue,
  QueueEvents,
  Worker,
  type WorkerOptions,
} from '../../lib/engine.js';
import type { RedisClient } from '../../lib/redis/client.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { sleep } from '../../lib/runtime/sleep.js';
import type { Random } from '../simulation/random.js';
import { EventLog } from './event-log.js';
import type { Ledger } from './ledger.js';
import type { Network } from './network.js';
import { SimulatedClient } from './simulated-client.js';
import { SimulatedRuntime, type WorldClock } from './simulated-runtime.js';

export const ORDERS = 'orders';
export const PARCELS = 'parcels';
/** Jobs of schedulers: there are always some to come. */
export const TICKS = 'ticks';

/** What a process is there for: one that only produces wakes others, and one that only works has to be woken. */
export type Role = 'whole' | 'worker' | 'producer';

export interface ProgramOptions {
  prefix: string;
  role: Role;
  lockMs: number;
  concurrency: number;
  /** Attempts that a dead worker may cost a job. */
  maxStalls: number;
  /** Of the workers of parcels. */
  limiter?: { max: number; duration: number };
  /** Jobs that each worker takes ahead. */
  prefetch?: number;
  /** Jobs of a group of parcels at the same time. */
  groupConcurrency: number;
  /** How parcels are gathered; those are not taken ahead then. */
  batch?: BatchOptions;
}

/** What a program is put into. */
export interface Surroundings {
  network: Network;
  clock: WorldClock;
  random: Random;
  ledger: Ledger;
}

/** Longer than a calm world is given: whoever is not woken for a job does not find it by chance. */
const DRAIN_DELAY_S = 30;

/** A limit of parcels, and what it allows. */
export const NARROW = 'narrow';
export const PLACES = { concurrency: 2 };

/** One process of an application: queues, workers, events and flows of the library as it ships, in a world of its own. */
export class Program {
  readonly runtime: SimulatedRuntime;
  readonly client: SimulatedClient;
  readonly queues: Record<string, Queue>;
  readonly workers: Worker[];
  readonly events: Record<string, QueueEvents>;
  /** Events that are being closed, or are: what follows them is told no more. */
  readonly leaving = new WeakSet<QueueEvents>();
  readonly log: Record<string, EventLog>;
  readonly flows: FlowProducer;
  frozenUntil = 0;
  isDead = false;
  isClosing = false;
  private readonly network: Network;
  private readonly clock: WorldClock;
  private readonly ledger: Ledger;
  private readonly base: { connection: RedisClient; prefix: string };

  constructor(
    readonly name: string,
    { network, clock, random, ledger }: Surroundings,
    readonly options: ProgramOptions,
    processors: (program: Program) => Record<string, Processor | BatchProcessor>,
  ) {
    this.network = network;
    this.clock = clock;
    this.ledger = ledger;
    this.runtime = new SimulatedRuntime(clock, random.int(1, 2 ** 31));
    this.client = new SimulatedClient(network, name);
    const connection = this.client.asClient;
    bindRuntime(connection, this.runtime);
    this.base = { connection, prefix: options.prefix };
    this.queues = Object.fromEntries(
      [ORDERS, PARCELS, TICKS].map((queue) => [
        queue,
        new Queue(queue, { ...this.base, ...(queue === PARCELS ? { limits: { [NARROW]: PLACES } } : {}) }),
      ]),
    );
    this.log = { [ORDERS]: this.newLog(ORDERS), [PARCELS]: this.newLog(PARCELS) };
    this.events = { [ORDERS]: this.open(ORDERS), [PARCELS]: this.open(PARCELS) };
    this.flows = new FlowProducer(this.base);
    const all = options.role === 'producer' ? [] : Object.entries(processors(this));
    this.workers = all.map(([queue, processor]) => this.work(queue, processor));
    for (const each of [...Object.values(this.queues), this.flows]) {
      (each as Queue).on('error', (error) => ledger.count(`error: ${error.name}`));
    }
  }

  get isAwake(): boolean {
    return !this.isDead && this.frozenUntil <= this.clock.now;
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.runtime, ms);
  }

  /** Closes the events of a queue, and goes on after the last one that was read. */
  async reopen(queue: string): Promise<void> {
    const left = this.events[queue]!;
    this.leaving.add(left);
    await left.close();
    // Somebody else may have waited for the same end.
    if (!this.isClosing && this.events[queue] === left) this.events[queue] = this.open(queue);
  }

  /** Ends it as `kill -9` does: of what it had written last, a part may still have arrived. */
  async kill(random: Random): Promise<void> {
    this.isDead = true;
    this.runtime.clear();
    for (const wire of this.network.wires.filter(({ label }) => this.owns(label))) {
      for (let left = random.int(0, wire.sent.length); left > 0 && wire.hasCommand; left -= 1) {
        await this.network.run(wire);
      }
      this.network.remove(wire);
    }
    this.ledger.forget(this.name);
  }

  owns(label: string): boolean {
    return label === this.name || label.startsWith(`${this.name}/`);
  }

  /** As an application shuts down. */
  async close(): Promise<void> {
    this.isClosing = true;
    await Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.all(
      [...Object.values(this.events), ...Object.values(this.queues), this.flows].map((each) => each.close()),
    );
  }

  private work(queue: string, processor: Processor | BatchProcessor): Worker {
    const { concurrency, lockMs, maxStalls, limiter, prefetch, groupConcurrency, batch } = this.options;
    const isOfParcels = queue === PARCELS;
    const options = {
      ...this.base,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: maxStalls,
      drainDelay: DRAIN_DELAY_S,
      closeTimeout: 500,
      ...(isOfParcels && batch ? { batch } : prefetch ? { prefetch } : {}),
      ...(isOfParcels && limiter ? { limiter } : {}),
      ...(isOfParcels ? { group: { concurrency: groupConcurrency } } : {}),
    };
    const worker = new Worker(queue, processor as Processor, options as WorkerOptions);
    worker.on('error', (error) => this.ledger.count(`worker error: ${error.name}`));
    return worker;
  }

  private open(queue: string): QueueEvents {
    const log = this.log[queue]!;
    const events = new QueueEvents(queue, {
      ...this.base,
      ...(log.lastId === undefined ? {} : { lastEventId: log.lastId }),
    });
    events.on('error', (error: Error) => this.ledger.count(`error: ${error.name}`));
    events.all$.subscribe((event) => log.take(event));
    return events;
  }

  private newLog(queue: string): EventLog {
    return new EventLog(`${this.name} in ${queue}`, this.ledger, this.ledger.movedIn(queue));
  }
}
