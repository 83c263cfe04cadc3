import type { Random } from '../simulation/random.js';
import type { Ledger } from './ledger.js';
import type { Network } from './network.js';
import type { Program, Role } from './program.js';
import type { Wire } from './wire.js';

type Fault = (program: Program) => string | Promise<string>;

/** What can be broken. */
interface Breakable {
  readonly clock: { now: number };
  readonly ledger: Ledger;
  readonly lockMs: number;
  readonly network: Network;
  readonly down: { wire: Wire; until: number }[];
  alive(): Program[];
  start(role: Role): Program;
  remove(program: Program): void;
  close(program: Program): Promise<void>;
}

const REFUSALS = [
  'LOADING Redis is loading the dataset in memory',
  'NOSCRIPT No matching script. Please use EVAL.',
  "READONLY You can't write against a read only replica.",
  'BUSY Redis is busy running a script.',
];

/** What breaks: connections, processes, the server and clocks. */
export class Faults {
  private readonly table: readonly (readonly [number, Fault])[];

  constructor(
    private readonly world: Breakable,
    private readonly dice: Random,
  ) {
    this.table = [
      [8, (program) => this.cut(program)],
      [4, (program) => this.silence(program)],
      [3, (program) => this.kill(program)],
      [3, (program) => this.freeze(program)],
      [1, () => this.freezeServer()],
      [3, () => this.refuse()],
      [2, (program) => this.skew(program)],
      [1, () => this.skewServer()],
      [1, () => this.flush()],
      [1, (program) => this.shutDown(program)],
    ];
  }

  /** @returns what happened, for the trace */
  happen(): string | Promise<string> {
    const program = this.dice.pick(this.world.alive());
    return this.dice.weighted(this.table)(program);
  }

  private cut(program: Program): string {
    const { world, dice } = this;
    const wire = dice.pick(world.network.wires.filter(({ label, isUp }) => isUp && program.owns(label)));
    if (!wire) return 'nothing to cut';
    world.down.push({ wire, until: world.clock.now + dice.pick([1, 50, 400, 4000]) });
    const isHeardLater = dice.chance(0.5);
    if (isHeardLater) world.network.haunt(wire);
    wire.cut();
    return `connection ${wire.label} breaks${isHeardLater ? ', and what it sent arrives late' : ''}`;
  }

  /** Replies come later, or never: then the connection breaks meanwhile. */
  private silence(program: Program): string {
    const { world, dice } = this;
    const wire = dice.pick(world.network.wires.filter(({ label, isUp }) => isUp && program.owns(label)));
    if (!wire) return 'nothing to silence';
    wire.silentUntil = world.clock.now + dice.pick([20, 200, 1500, 4000]);
    return `replies to ${wire.label} are delayed`;
  }

  private async kill(program: Program): Promise<string> {
    await program.kill(this.dice);
    this.world.remove(program);
    return `${program.name} is killed, ${this.world.start(program.options.role).name} starts`;
  }

  private freeze(program: Program): string {
    const { lockMs, clock } = this.world;
    program.frozenUntil = clock.now + this.dice.pick([50, lockMs, lockMs * 3]);
    return `${program.name} freezes`;
  }

  private freezeServer(): string {
    this.world.network.frozenUntil = this.world.clock.now + this.dice.pick([100, 1000, 4000]);
    return 'the server freezes';
  }

  private refuse(): string {
    const message = this.dice.pick(REFUSALS);
    this.world.network.refusal = { message, left: this.dice.int(1, 5) };
    return `the server refuses: ${message.slice(0, 8)}`;
  }

  private skew(program: Program): string {
    program.runtime.skewMs = this.dice.pick([0, -3_600_000, 3_600_000, -50]);
    return `the clock of ${program.name} is off by ${program.runtime.skewMs}`;
  }

  private skewServer(): string {
    const ms = this.dice.pick([0, -300, 300, 5000, -5000]);
    this.world.network.skewMs = ms;
    return `the clock of the server is off by ${ms}`;
  }

  private flush(): string {
    this.world.network.scripts.forget();
    return 'the server forgets its scripts';
  }

  private shutDown(program: Program): string {
    const { world } = this;
    void world.ledger.follow('close', program.name, world.clock.now, world.close(program));
    return `${program.name} shuts down, ${world.start(program.options.role).name} starts`;
  }
}
