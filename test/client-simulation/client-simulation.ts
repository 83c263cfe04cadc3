import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Random } from '../simulation/random.js';
import { Actions } from './actions.js';
import { Checks } from './checks.js';
import { Ledger, type Running } from './ledger.js';
import { Network, type Wire } from './network.js';
import { processorsOf } from './processors.js';
import { ORDERS, PARCELS, Program } from './program.js';

export interface ClientSimulationOptions {
  seed: number;
  steps: number;
  /** Steps at which nothing is done on purpose: neither a fault nor a user's action. For shrinking. */
  skip?: ReadonlySet<number>;
  faults?: boolean;
  log?: (line: string) => void;
}

export interface ClientSimulationResult {
  seed: number;
  /** Steps taken, those of the end included. */
  steps: number;
  asked: number;
  violation?: string;
  /** The last choices made. */
  trace: string[];
  /** Equal for equal runs. */
  digest: string;
  seen: ReadonlyMap<string, number>;
  /** Steps at which something was done on purpose. */
  deliberate: number[];
  /** A line for each of them. */
  purposes: string[];
}

const PROCESSES = 3;
const KEPT_TRACE = 60;
const START = 1_700_000_000_000;
/** Virtual time and steps in which everything has to come to its end once nothing is broken any more. */
const PATIENCE_MS = 120_000;
const MAX_END_STEPS = 60_000;

let runs = 0;

/**
 * Several processes of an application with the client that ships, each in a world of its own, and the real Redis between
 * them. Every command, reply, timer, fault and user is a choice that follows from the seed.
 */
export async function simulateClients(
  redis: Redis,
  options: ClientSimulationOptions,
): Promise<ClientSimulationResult> {
  runs += 1;
  const prefix = `world${process.pid}x${runs}`;
  const world = new World(redis, prefix, options);
  const unhandled = (error: unknown): void => {
    world.ledger.faults.push(`unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  };
  const handlers = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', unhandled);
  try {
    return await world.run();
  } finally {
    process.off('unhandledRejection', unhandled);
    handlers.forEach((handler) => process.on('unhandledRejection', handler));
    for (const queue of [ORDERS, PARCELS]) {
      const keys = await redis.keys(`${prefix}:{${queue}}:*`);
      if (keys.length > 0) await redis.unlink(...keys);
    }
  }
}

class Violated extends Error {}

class World {
  readonly ledger = new Ledger();
  private readonly clock = { now: START };
  private readonly network: Network;
  private readonly checks: Checks;
  private readonly actions: Actions;
  private readonly dice: Random;
  private readonly hash = createHash('sha256');
  private readonly trace: string[] = [];
  private readonly deliberate: number[] = [];
  private readonly purposes: string[] = [];
  private readonly questions: { run: Running; step?: string; settled?: boolean }[] = [];
  private readonly down: { wire: Wire; until: number }[] = [];
  private readonly lockMs: number;
  private readonly concurrency: number;
  private programs: Program[] = [];
  private started = 0;
  private step = 0;

  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
    private readonly options: ClientSimulationOptions,
  ) {
    this.dice = new Random(options.seed * 7919 + 17);
    this.lockMs = this.dice.pick([300, 1000, 3000]);
    this.concurrency = this.dice.pick([1, 2, 5]);
    this.network = new Network(redis, this.clock);
    this.checks = new Checks(redis, prefix, this.clock, this.ledger);
    this.actions = new Actions(this.dice, this.ledger, this.clock);
  }

  async run(): Promise<ClientSimulationResult> {
    let violation: string | undefined;
    try {
      for (let i = 0; i < PROCESSES; i += 1) this.start();
      for (this.step = 1; this.step <= this.options.steps; this.step += 1) {
        await this.take();
        if (this.step % 25 === 0) this.expect(await this.checks.locks(this.lockMs * 1.2, this.isAwake));
        if (this.step % 500 === 0) this.expect((await this.checks.audit())[0]);
      }
      await this.end();
    } catch (error) {
      if (!(error instanceof Violated)) throw error;
      violation = error.message;
    }
    for (const program of this.programs) program.runtime.clear();
    return {
      seed: this.options.seed,
      steps: this.step,
      ...(violation === undefined ? {} : { violation }),
      trace: this.trace.slice(-KEPT_TRACE),
      digest: this.hash.digest('hex').slice(0, 16),
      seen: this.ledger.counts,
      asked: this.options.steps,
      deliberate: this.deliberate,
      purposes: this.purposes,
    };
  }

  private readonly isAwake = ({ process: name }: Running): boolean =>
    this.programs.some((program) => program.name === name && program.isAwake) && !this.network.isFrozen;

  private start(): Program {
    this.started += 1;
    const program = new Program(
      `p${this.started}`,
      this.network,
      this.clock,
      this.dice,
      { prefix: this.prefix, lockMs: this.lockMs, concurrency: this.concurrency, maxStalls: 1000 },
      this.ledger,
      (self) => processorsOf(self, this.ledger, (question) => this.questions.push(question)),
    );
    this.programs.push(program);
    return program;
  }

  /** One choice, and what follows from it in the processes. */
  private async take(): Promise<void> {
    // Drawn whether or not they are used, so that leaving a deliberate step out changes no other draw of this step.
    const draw = this.dice.next();
    if (this.options.skip?.has(this.step)) {
      await this.goOn();
    } else if (draw < 0.1) {
      this.deliberate.push(this.step);
      this.note(this.actions.perform(this.dice.pick(this.alive())), true);
    } else if (draw < 0.115 && this.options.faults !== false) {
      this.deliberate.push(this.step);
      await this.fail();
    } else if (draw < 0.14) {
      this.pass(this.dice.int(1, 60));
    } else {
      await this.goOn();
    }
    await this.settle();
  }

  private alive(): Program[] {
    return this.programs.filter(({ isDead, isClosing }) => !isDead && !isClosing);
  }

  /** Whatever is possible at this moment, one of it; where nothing is, time passes. */
  private async goOn(): Promise<void> {
    this.network.expireParked();
    const possible: (readonly [string, () => unknown])[] = [];
    for (const program of this.programs) {
      if (program.isAwake && program.runtime.nextDue <= this.clock.now) {
        possible.push([`timer of ${program.name}`, () => program.runtime.fire()]);
      }
    }
    for (const wire of this.network.wires) {
      if (wire.hasCommand && !this.network.isFrozen) {
        possible.push([`command of ${wire.label}: ${wire.sent[0]!.name}`, () => this.network.run(wire)]);
      }
      if (wire.hasReply && this.programs.some((program) => program.isAwake && program.owns(wire.label))) {
        possible.push([`reply to ${wire.label}`, () => this.network.deliver(wire)]);
      }
    }
    if (possible.length === 0) {
      this.pass(Math.max(this.nextDue() - this.clock.now, 0.001));
      return;
    }
    const [what, act] = this.dice.pick(possible);
    this.note(what);
    await act();
    this.clock.now += 0.05;
  }

  private nextDue(): number {
    return Math.min(
      this.network.nextDue,
      ...this.down.map(({ until }) => until),
      ...this.programs.map((program) =>
        program.isDead ? Infinity : program.isAwake ? program.runtime.nextDue : program.frozenUntil,
      ),
      this.clock.now + 1000,
    );
  }

  private pass(ms: number): void {
    this.clock.now += ms;
    this.network.expireParked();
    for (const each of this.down.splice(0)) {
      if (each.until <= this.clock.now) each.wire.reconnected();
      else this.down.push(each);
    }
    this.note(`time passes: ${Math.round(ms)} ms`);
  }

  private async fail(): Promise<void> {
    const program = this.dice.pick(this.alive());
    const wires = this.network.wires.filter(({ label, isUp }) => isUp && program.owns(label));
    const fault = this.dice.weighted<() => string | Promise<string>>([
      [
        8,
        () => {
          const wire = this.dice.pick(wires);
          if (!wire) return 'nothing to cut';
          this.down.push({ wire, until: this.clock.now + this.dice.pick([1, 50, 400]) });
          wire.cut();
          return `connection ${wire.label} breaks`;
        },
      ],
      [
        3,
        async () => {
          await program.kill(this.dice);
          this.programs = this.programs.filter((each) => each !== program);
          const next = this.start();
          return `${program.name} is killed, ${next.name} starts`;
        },
      ],
      [
        3,
        () => {
          program.frozenUntil = this.clock.now + this.dice.pick([50, this.lockMs, this.lockMs * 3]);
          return `${program.name} freezes`;
        },
      ],
      [
        1,
        () => {
          this.network.frozenUntil = this.clock.now + this.dice.pick([100, 1000]);
          return 'the server freezes';
        },
      ],
      [
        3,
        () => {
          const message = this.dice.pick([
            'LOADING Redis is loading the dataset in memory',
            'NOSCRIPT No matching script. Please use EVAL.',
            "READONLY You can't write against a read only replica.",
            'BUSY Redis is busy running a script.',
          ]);
          this.network.refusal = { message, left: this.dice.int(1, 5) };
          return `the server refuses: ${message.slice(0, 8)}`;
        },
      ],
      [
        2,
        () => {
          program.runtime.skewMs = this.dice.pick([0, -3_600_000, 3_600_000, -50]);
          return `the clock of ${program.name} is off by ${program.runtime.skewMs}`;
        },
      ],
      [
        1,
        () => {
          void this.ledger.follow('close', program.name, this.clock.now, this.close(program));
          const next = this.start();
          return `${program.name} shuts down, ${next.name} starts`;
        },
      ],
    ]);
    const what = await fault();
    this.ledger.count(what.replace(/p\d+\S*|-?\d+/g, '#'));
    this.note(what, true);
  }

  private async close(program: Program): Promise<void> {
    await program.close();
    this.programs = this.programs.filter((each) => each !== program);
    for (const watch of this.ledger.watches) {
      if (watch.process === program.name)
        this.ledger.faults.push(`a watch of ${watch.jobId} outlives its events`);
    }
    this.ledger.forget(program.name);
  }

  /** Promises of the processes run to their ends; then the questions that they raised. */
  private async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const question of this.questions.splice(0)) this.expect(await this.checks.begins(question));
    this.expect(this.ledger.faults[0]);
  }

  /** Nothing breaks any more, nobody asks for more: everything that was begun comes to its end. */
  private async end(): Promise<void> {
    this.note('the end begins');
    this.network.refusal = undefined;
    this.network.frozenUntil = 0;
    for (const program of this.programs) Object.assign(program.runtime, { skewMs: 0 });
    this.pass(Math.max(...this.programs.map(({ frozenUntil }) => frozenUntil - this.clock.now), 500));
    // One that is still under way may come to be after the resumption.
    await this.until('pauses never settle', async () =>
      [...this.ledger.calls].flatMap(({ what }) => (what === 'pause' ? [what] : [])).join(', '),
    );
    this.actions.resumeAll(this.alive());
    await this.until('jobs are not through', async () =>
      Object.values(await this.checks.unfinished()).every((count) => count === 0)
        ? ''
        : JSON.stringify(await this.checks.unfinished()),
    );
    await this.until('calls never settle', async () =>
      [...this.ledger.calls].map(({ what }) => what).join(', '),
    );
    await this.until('watches never end', async () =>
      [...this.ledger.watches].map(({ jobId }) => jobId).join(', '),
    );
    await this.until('events were not read to their end', async () => {
      for (const queue of [ORDERS, PARCELS]) {
        const told = await this.checks.told(queue);
        for (const program of this.alive()) {
          const reached = program.reached(queue);
          if (reached !== undefined && reached < told)
            return `${program.name} is at ${reached} of ${told} in ${queue}`;
        }
      }
      return '';
    });
    this.expect((await this.checks.audit())[0]);
    this.expect((await this.checks.outcomes())[0]);
    const closings = this.alive().map((program) =>
      this.ledger.follow('close', program.name, this.clock.now, this.close(program)),
    );
    await this.until('closing never ends', async () =>
      [...this.ledger.calls].map(({ what }) => what).join(', '),
    );
    await Promise.all(closings);
  }

  private async until(what: string, left: () => Promise<string>): Promise<void> {
    const deadline = this.clock.now + PATIENCE_MS;
    for (let tries = 0; ; tries += 1) {
      const still = tries % 20 === 0 ? await left() : 'not asked';
      if (still === '') return;
      if (this.clock.now > deadline || tries > MAX_END_STEPS)
        throw new Violated(`${what}: ${(await left()) || still}`);
      this.step += 1;
      await this.goOn();
      await this.settle();
    }
  }

  private note(line: string, onPurpose = false): void {
    if (onPurpose) this.purposes.push(`${this.step} ${Math.round(this.clock.now - START)} ms: ${line}`);
    this.hash.update(line);
    this.trace.push(`${this.step} ${Math.round(this.clock.now - START)} ms: ${line}`);
    if (this.trace.length > KEPT_TRACE * 4) this.trace.splice(0, KEPT_TRACE);
    this.options.log?.(`${this.step} ${Math.round(this.clock.now - START)} ms: ${line}`);
  }

  private expect(fault: string | undefined): void {
    if (fault !== undefined) throw new Violated(fault);
  }
}
