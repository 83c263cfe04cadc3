import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type LocalRedis, startRedis, type StartRedisOptions } from '../lib/testing/index.js';
import { randomFrom } from '../test/support/mixed-jobs.js';
import type { FaultLog } from './events.js';
import { machineMs, type Note } from './ledger.js';
import { LedgerFolder } from './ledger-folder.js';
import { Program } from './program.js';
import type { Load } from './programs/orders.js';
import type { Address, Census, System, WorkerSettings } from './systems/system.js';

export interface Cast {
  address: Address;
  /** Where the census is taken, if not there: without the proxy between, say. */
  censusAddress?: Address;
  load: Load;
  /** @default 2 */
  workers?: number;
  settings?: Partial<WorkerSettings>;
  /** Queues that have a worker each beside those of the load, for jobs with a child in another queue. */
  otherQueues?: readonly string[];
  /** Whether adds wait for a replica to have them. */
  waitsForReplica?: boolean;
  /** See `WorkerOrders`. */
  writesLate?: boolean;
  /** Whether somebody listens to events. Default: yes. */
  listens?: boolean;
  /** Variables of the workers' environments. */
  environment?: NodeJS.ProcessEnv;
}

/** Locks that expire while one looks on, and stalled jobs that are never given up. */
const SETTINGS: WorkerSettings = { concurrency: 10, lockMs: 5000, stalledMs: 1000, maxStalled: 1000 };
const MEASURE_MS = 500;
const END_MS = 30_000;
/** How long the load goes on after the last fault. */
const LAST_LOAD_MS = 4500;
const CENSUS_MS = 60_000;
/** Jobs that go on and on are stuck too. */
const SETTLE_MS = 120_000;
const LOOK_MS = 300;
/** How long nothing is written any more when all has been written. */
const QUIET_MS = 1000;

/** One run of a row on one system: its servers, its processes, and what is done to them. */
export class Scene {
  readonly log: FaultLog = { faults: [], killed: [], frozen: [], losses: [] };
  /** For the table, in words. */
  readonly remarks: string[] = [];
  readonly random: () => number;
  readonly workers: Program[] = [];
  producer: Program | undefined;
  readonly #owned: (() => Promise<unknown> | unknown)[] = [];
  readonly #programs: Program[] = [];
  readonly #folder: LedgerFolder;
  #cast: Cast | undefined;
  #ledgers = 0;
  #measuring: NodeJS.Timeout | undefined;

  private constructor(
    readonly system: System,
    readonly seed: number,
    /** Less of everything. */
    readonly isShort: boolean,
    readonly folder: string,
  ) {
    this.random = randomFrom(seed);
    this.#folder = new LedgerFolder(folder);
  }

  static async open(system: System, seed: number, isShort: boolean): Promise<Scene> {
    return new Scene(system, seed, isShort, await mkdtemp(join(tmpdir(), 'stepwell-faults-')));
  }

  /** A server of this scene alone. */
  async redis(options: Omit<StartRedisOptions, 'external'> = {}): Promise<LocalRedis> {
    const server = await startRedis({ external: false, install: true, ...options });
    this.atEnd(() => server.stop());
    return server;
  }

  /** A client of the scene's own, for what is done to a server. */
  client({ host, port }: { host: string; port: number }): Redis {
    const client = new Redis(port, host, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on('error', () => {});
    this.atEnd(() => client.disconnect());
    return client;
  }

  atEnd(action: () => Promise<unknown> | unknown): void {
    this.#owned.push(action);
  }

  /** Starts the workers and the load. */
  async begin(cast: Cast): Promise<void> {
    this.#cast = cast;
    this.#measuring = setInterval(() => this.#programs.forEach((each) => each.measure()), MEASURE_MS);
    await Promise.all(Array.from({ length: cast.workers ?? 2 }, () => this.addWorker()));
    const others = cast.otherQueues ?? [];
    await Promise.all(others.map((queue) => this.addWorker(queue)));
    for (const queue of (cast.listens ?? true) ? ['load', ...others] : []) {
      this.#programs.push(await Program.start('listener', { ...this.#orders(), queue }));
    }
    await this.addProducer();
  }

  async addWorker(queue = 'load'): Promise<Program> {
    const cast = this.#cast!;
    const orders = {
      ...this.#orders(),
      queue,
      settings: { ...SETTINGS, ...cast.settings },
      writesLate: cast.writesLate ?? false,
    };
    const worker = await Program.start('worker', orders, cast.environment);
    this.workers.push(worker);
    this.#programs.push(worker);
    return worker;
  }

  /** @param load of this producer. Default: the load of the cast */
  async addProducer(load = this.#cast!.load): Promise<void> {
    const { waitsForReplica = false } = this.#cast!;
    const orders = { ...this.#orders(), seed: this.seed, load, waitsForReplica };
    this.producer = await Program.start('producer', orders);
    this.#programs.push(this.producer);
  }

  /** Does something bad. Resolves, as `action` does, when nothing stands in the way any more. */
  async fault(label: string, action: () => Promise<unknown>): Promise<void> {
    const fromMs = machineMs();
    await action();
    this.log.faults.push({ label, fromMs, healedMs: machineMs() });
  }

  /** From now on a server may not know what it had answered. */
  lose(): void {
    this.log.losses.push(machineMs());
  }

  /** Kills one of the workers, and starts another in its place. */
  async killWorker(): Promise<void> {
    const [worker] = this.workers.splice(this.pick(this.workers.length), 1) as [Program];
    await this.fault('kill', async () => {
      await worker.kill();
      // It may have gone on until it was gone.
      this.log.killed.push({ pid: worker.pid, atMs: machineMs() });
    });
    await this.addWorker();
  }

  /** Stops one of the workers for a while. */
  async freezeWorker(ms: number): Promise<void> {
    const worker = this.workers[this.pick(this.workers.length)]!;
    await this.fault('freeze', async () => {
      const fromMs = machineMs();
      worker.signal('SIGSTOP');
      await sleep(ms);
      worker.signal('SIGCONT');
      this.log.frozen.push({ pid: worker.pid, fromMs, toMs: machineMs() });
    });
  }

  sleep(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** From 0 on, below `count`, as the seed says. */
  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** From `fromMs` to `toMs`, as the seed says. */
  between(fromMs: number, toMs: number): number {
    return fromMs + Math.floor(this.random() * (toMs - fromMs));
  }

  /** How many times, of so many in the full run. */
  times(full: number, short: number): number {
    return this.isShort ? short : full;
  }

  async notes(): Promise<readonly Note[]> {
    await this.#folder.refresh();
    return this.#folder.notes;
  }

  /**
   * The load ends. Resolves when nothing of it is left in Redis unfinished, and nobody has written anything for a moment;
   * or when nothing has happened for so long.
   */
  async settle(patienceMs = 20_000): Promise<void> {
    // Who listens is given the time to catch up, and then jobs to hear of.
    const healedMs = Math.max(0, ...this.log.faults.map((fault) => fault.healedMs));
    await sleep(Math.max(0, healedMs + LAST_LOAD_MS - machineMs()));
    await this.producer?.end(END_MS);
    const untilMs = machineMs() + Math.max(SETTLE_MS, patienceMs);
    let signs = -1;
    let lastMs = machineMs();
    let isDone = false;
    while (machineMs() < untilMs) {
      await this.#folder.refresh();
      if (this.#folder.signs > signs) {
        [signs, lastMs] = [this.#folder.signs, machineMs()];
        isDone = false;
      }
      const quietMs = machineMs() - lastMs;
      if (quietMs > (isDone ? QUIET_MS : patienceMs)) return;
      // What was lost never ends: how many have not is no sign that there is more to come.
      if (quietMs >= LOOK_MS && !isDone) isDone = await this.#isIdle();
      await sleep(LOOK_MS);
    }
  }

  /** Whether nothing is left unfinished in Redis, as far as it can be seen. */
  async #isIdle(): Promise<boolean> {
    const census = await this.census().catch(() => undefined);
    return census !== undefined && census.unfinished.length === 0;
  }

  async census(): Promise<Census> {
    const { address, censusAddress } = this.#cast!;
    return Promise.race([
      this.system.takeCensus(censusAddress ?? address, 'load'),
      sleep(CENSUS_MS, undefined, { ref: false }).then(() => {
        throw new Error('The queue cannot be read after the faults.');
      }),
    ]);
  }

  get peakBytes(): number {
    return Math.max(0, ...this.#programs.map((each) => each.peakBytes));
  }

  /** Lets the workers close. Returns how many of them did not. */
  async closeWorkers(withinMs = END_MS): Promise<number> {
    const ended = await Promise.all(this.workers.map((worker) => worker.end(withinMs)));
    return ended.filter((isEnded) => !isEnded).length;
  }

  async close(): Promise<void> {
    clearInterval(this.#measuring);
    await Promise.all(this.#programs.map((each) => each.kill()));
    for (const action of this.#owned.toReversed()) await Promise.resolve(action()).catch(() => {});
    await rm(this.folder, { recursive: true, force: true });
  }

  #orders(): { system: string; address: Address; queue: string; ledger: string } {
    this.#ledgers += 1;
    return {
      system: this.system.name,
      address: this.#cast!.address,
      queue: 'load',
      ledger: join(this.folder, `${this.#ledgers}.ledger`),
    };
  }
}
