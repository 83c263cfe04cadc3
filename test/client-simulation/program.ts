import { FlowProducer, Queue, QueueEvents, Worker, type Processor } from '../../lib/engine.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { sleep } from '../../lib/runtime/sleep.js';
import type { Random } from '../simulation/random.js';
import type { Ledger } from './ledger.js';
import type { Network } from './network.js';
import { SimulatedClient } from './simulated-client.js';
import { SimulatedRuntime, type WorldClock } from './simulated-runtime.js';

export const ORDERS = 'orders';
export const PARCELS = 'parcels';

export interface ProgramOptions {
  prefix: string;
  lockMs: number;
  concurrency: number;
  /** Attempts that a dead worker may cost a job. */
  maxStalls: number;
}

/** One process of an application: queues, workers, events and flows of the library as it ships, in a world of its own. */
export class Program {
  readonly runtime: SimulatedRuntime;
  readonly client: SimulatedClient;
  readonly queues: Record<string, Queue>;
  readonly workers: Worker[];
  readonly events: Record<string, QueueEvents>;
  readonly flows: FlowProducer;
  /** Numbers of the events read, by queue, where they do not follow each other. */
  private readonly lastEvent = new Map<string, number>();
  frozenUntil = 0;
  isDead = false;
  isClosing = false;

  constructor(
    readonly name: string,
    private readonly network: Network,
    private readonly clock: WorldClock,
    random: Random,
    readonly options: ProgramOptions,
    private readonly ledger: Ledger,
    processors: (program: Program) => Record<string, Processor>,
  ) {
    this.runtime = new SimulatedRuntime(clock, random.int(1, 2 ** 31));
    this.client = new SimulatedClient(network, name);
    const connection = this.client.asClient;
    bindRuntime(connection, this.runtime);
    const base = { connection, prefix: options.prefix };
    const worker = {
      ...base,
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: options.lockMs,
      maxStalledCount: options.maxStalls,
      drainDelay: 1,
      closeTimeout: 500,
    };
    this.queues = { [ORDERS]: new Queue(ORDERS, base), [PARCELS]: new Queue(PARCELS, base) };
    this.events = { [ORDERS]: new QueueEvents(ORDERS, base), [PARCELS]: new QueueEvents(PARCELS, base) };
    this.flows = new FlowProducer(base);
    this.workers = Object.entries(processors(this)).map(([queue, processor]) => {
      const made = new Worker(queue, processor, worker);
      made.on('error', (error) => ledger.count(`worker error: ${error.name}`));
      return made;
    });
    for (const each of [...Object.values(this.queues), ...Object.values(this.events), this.flows]) {
      (each as Queue).on('error', (error) => ledger.count(`error: ${error.name}`));
    }
    for (const [queue, events] of Object.entries(this.events)) {
      events.all$.subscribe((event) => this.checkNumber(queue, event));
    }
  }

  get isAwake(): boolean {
    return !this.isDead && this.frozenUntil <= this.clock.now;
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.runtime, ms);
  }

  /** Number of the last event that was read. */
  reached(queue: string): number | undefined {
    return this.lastEvent.get(queue);
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
    await Promise.all([...Object.values(this.events), ...Object.values(this.queues), this.flows].map((each) => each.close()));
  }

  private checkNumber(queue: string, event: { event: string; id: string; lost?: number }): void {
    const number = Number(event.id.slice(event.id.lastIndexOf('-') + 1));
    const last = this.lastEvent.get(queue);
    this.lastEvent.set(queue, number);
    if (event.event === 'gap') {
      this.ledger.count('gap');
      return;
    }
    if (last !== undefined && number !== last + 1 && number !== last) {
      this.ledger.faults.push(`${this.name} read event ${number} of ${queue} after ${last}, and no gap said so`);
    }
  }
}
