import type { Redis } from 'ioredis';
import type { BatchOptions } from '../../lib/engine.js';
import { Random } from '../simulation/random.js';
import { Actions } from './actions.js';
import { Checks } from './checks.js';
import type { ClientSimulationOptions } from './client-simulation-options.js';
import { Faults } from './faults.js';
import { Ledger, type Running } from './ledger.js';
import { Network } from './network.js';
import { processorsOf } from './processors.js';
import { Program, type Role } from './program.js';
import { Trace } from './trace.js';
import { Violated } from './violated.js';
import type { Wire } from './wire.js';

const ROLES: readonly Role[] = ['whole', 'worker', 'whole', 'producer'];
const BATCHES: readonly BatchOptions[] = [
  { size: 3, minSize: 2, timeout: 100 },
  { size: 4, groupAffinity: true },
  { size: 4, minSize: 3, timeout: 300, groupAffinity: true },
  { size: 3 },
];
const START = 1_700_000_000_000;
/** Whoever has lost a lock may learn of it this much later than the lock lasts: what is asked is seldom seen at once. */
const LATE = 1.2;

/** The processes, the network between them and the server, and time: one choice after another. */
export class ClientWorld {
  readonly ledger = new Ledger();
  readonly clock = { now: START };
  readonly trace: Trace;
  readonly network: Network;
  readonly checks: Checks;
  readonly actions: Actions;
  /** Connections that come back by themselves. */
  readonly down: { wire: Wire; until: number }[] = [];
  readonly lockMs: number;
  programs: Program[] = [];
  step = 0;
  private readonly dice: Random;
  private readonly faults: Faults;
  private readonly questions: { run: Running; step?: string; settled?: boolean }[] = [];
  private readonly concurrency: number;
  /** Jobs of a group of parcels at the same time. */
  readonly groupConcurrency: number;
  private readonly prefetch: number | undefined;
  private readonly batch: BatchOptions | undefined;
  private readonly limiter: { max: number; duration: number } | undefined;
  private started = 0;

  constructor(
    redis: Redis,
    private readonly prefix: string,
    private readonly options: ClientSimulationOptions,
  ) {
    this.dice = new Random(options.seed * 7919 + 17);
    this.lockMs = this.dice.pick([300, 1000, 3000]);
    this.concurrency = this.dice.pick([1, 2, 5]);
    this.groupConcurrency = this.dice.pick([1, 2, 3]);
    this.limiter = this.dice.chance(0.3) ? { max: 4, duration: 100 } : undefined;
    this.prefetch = this.dice.pick([undefined, undefined, 1, 4]);
    this.batch = this.dice.pick([undefined, ...BATCHES]);
    this.trace = new Trace(options.log);
    this.network = new Network(redis, this.clock, this.dice, options.patches);
    this.checks = new Checks(redis, prefix, this.network, this.ledger, this.groupConcurrency);
    this.actions = new Actions(this.dice, this.ledger, this.clock);
    this.faults = new Faults(this, this.dice);
    ROLES.forEach((role) => this.start(role));
  }

  async live(steps: number): Promise<void> {
    for (this.step = 1; this.step <= steps; this.step += 1) {
      await this.take();
      if (this.step % 500 === 0) this.expect((await this.checks.audit())[0]);
    }
  }

  /** Everything is gone at once. */
  stop(): void {
    for (const program of this.programs) program.runtime.clear();
  }

  start(role: Role): Program {
    this.started += 1;
    const { prefix, lockMs, concurrency, limiter, prefetch, groupConcurrency, batch } = this;
    const program = new Program(
      `p${this.started}`,
      { network: this.network, clock: this.clock, random: this.dice, ledger: this.ledger },
      {
        prefix,
        role,
        lockMs,
        concurrency,
        maxStalls: 1000,
        groupConcurrency,
        ...(limiter ? { limiter } : {}),
        ...(prefetch ? { prefetch } : {}),
        ...(batch ? { batch } : {}),
      },
      (self) => processorsOf(self, this.ledger, (question) => this.questions.push(question)),
    );
    this.programs.push(program);
    return program;
  }

  remove(program: Program): void {
    this.programs = this.programs.filter((each) => each !== program);
  }

  alive(): Program[] {
    return this.programs.filter(({ isDead, isClosing }) => !isDead && !isClosing);
  }

  async close(program: Program): Promise<void> {
    await program.close();
    this.remove(program);
    for (const watch of this.ledger.watches) {
      if (watch.process === program.name)
        this.ledger.faults.push(`a watch of ${watch.jobId} outlives its events`);
    }
    for (const run of this.ledger.running) {
      if (run.process === program.name && !run.signal.aborted) {
        this.ledger.faults.push(
          `job ${run.jobId} of ${run.queue} runs in ${run.process}, which was closed, and is not aborted`,
        );
      }
    }
    this.ledger.forget(program.name);
  }

  /** Whatever is possible at this moment, one of it; where nothing is, time passes. */
  async goOn(): Promise<void> {
    this.network.expireParked();
    const possible = this.possible();
    if (possible.length === 0) {
      this.pass(Math.max(this.nextDue() - this.clock.now, 0.001));
      return;
    }
    const [what, act] = this.dice.pick(possible);
    this.note(what);
    await act();
    this.clock.now += 0.05;
  }

  pass(ms: number): void {
    this.clock.now += ms;
    this.network.expireParked();
    for (const each of this.down.splice(0)) {
      if (each.until <= this.clock.now) each.wire.reconnected();
      else this.down.push(each);
    }
    this.note(`time passes: ${Math.round(ms)} ms`);
  }

  /** Promises of the processes run to their ends; then the questions that they raised. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const question of this.questions.splice(0)) this.expect(await this.checks.begins(question));
    this.expect(this.ledger.faults[0]);
    if (this.step % 20 === 0)
      this.expect(await this.checks.locks(this.lockMs * LATE, this.isAwake, this.hasTimersDue));
    if (this.step % 100 === 0) this.expect(this.ledger.overdue(this.clock.now, this.isFair));
  }

  note(line: string, onPurpose = false): void {
    this.trace.note(this.step, this.clock.now - START, line, onPurpose);
  }

  expect(fault: string | undefined): void {
    if (fault !== undefined) throw new Violated(fault);
  }

  /** What a user does. */
  act(calm = false): void {
    // One process has workers that nobody around them adds to.
    const users = this.alive().filter(({ options }) => options.role !== 'worker');
    this.note(this.actions.perform(this.dice.pick(users), calm), true);
  }

  /** One choice, and what follows from it in the processes. */
  private async take(): Promise<void> {
    // Drawn whether or not they are used, so that leaving a deliberate step out changes no other draw of this step.
    const draw = this.dice.next();
    if (this.options.skip?.has(this.step)) {
      await this.goOn();
    } else if (draw < 0.07) {
      this.act();
    } else if (draw < 0.085) {
      const what = await this.faults.happen();
      this.ledger.count(what.replace(/p\d+\S*|-?\d+/g, '#'));
      this.note(what, true);
    } else if (draw < 0.11) {
      this.pass(this.dice.int(1, this.dice.pick([30, 300])));
    } else {
      await this.goOn();
    }
    await this.settle();
  }

  private possible(): (readonly [string, () => unknown])[] {
    const { network, programs } = this;
    const possible: (readonly [string, () => unknown])[] = [];
    for (const program of programs) {
      if (program.isAwake && program.runtime.nextDue <= this.clock.now) {
        possible.push([`timer of ${program.name}`, () => program.runtime.fire()]);
      }
    }
    for (const wire of network.wires) {
      if (wire.hasCommand && !network.isFrozen) {
        possible.push([
          `command of ${wire.label}: ${network.describe(wire.sent[0]!)}`,
          () => network.run(wire),
        ]);
      }
      if (wire.hasReply(this.clock.now) && programs.some((each) => each.isAwake && each.owns(wire.label))) {
        possible.push([`reply to ${wire.label}`, () => network.deliver(wire)]);
      }
    }
    if (network.ghosts.length > 0 && !network.isFrozen) {
      possible.push([`late copy: ${network.describe(network.ghosts[0]!)}`, () => network.runGhost()]);
    }
    return possible;
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

  private readonly isAwake = ({ process: name }: Running): boolean =>
    this.programs.some((program) => program.name === name && program.isAwake) && !this.network.isFrozen;

  /** Time has leapt, and the process has not come to all that was to happen meanwhile. */
  private readonly hasTimersDue = ({ process: name }: Running): boolean =>
    this.programs.some((program) => program.name === name && program.runtime.nextDue <= this.clock.now);

  private readonly isFair = (name: string): boolean =>
    this.programs.some((program) => program.name === name && program.isAwake);
}
