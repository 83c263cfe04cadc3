import type { ClientWorld } from './client-world.js';
import { ORDERS, PARCELS } from './program.js';
import { Violated } from './violated.js';

/** Virtual time and steps in which everything has to come to its end once nothing is broken any more. */
const PATIENCE_MS = 120_000;
const MAX_STEPS = 60_000;
/** Nothing breaks, so whoever waits for work is woken, and does not find it when it happens to look. */
const PROMPT_MS = 20_000;
const CALM_ACTIONS = 30;

/** Nothing breaks any more, and nobody asks for more: everything that was begun comes to its end. */
export class Finale {
  constructor(private readonly world: ClientWorld) {}

  async play(): Promise<void> {
    const { world } = this;
    this.heal();
    // A pause that is still on its way must not come after the resumption.
    await this.until('calls to pause never settle', async () => this.pausing());
    world.actions.resumeAll(world.alive());
    await this.until('jobs are not through', () => this.unfinished());
    await this.callsEnd();
    await this.until('watches never end', async () =>
      [...world.ledger.watches].map(({ jobId }) => jobId).join(),
    );
    await this.calm();
    await this.until('events were not read to their end', () => this.unread());
    world.expect((await world.checks.audit())[0]);
    world.expect((await world.checks.outcomes())[0]);
    world.expect((await world.checks.slots())[0]);
    const closings = world.alive().map((program) => {
      return world.ledger.follow('close', program.name, world.clock.now, world.close(program));
    });
    await this.until('closing never ends', async () =>
      [...world.ledger.calls].map(({ what }) => what).join(),
    );
    await Promise.all(closings);
  }

  private heal(): void {
    const { world } = this;
    const { network, programs } = world;
    world.note('the end begins');
    network.refusal = undefined;
    network.frozenUntil = 0;
    network.skewMs = 0;
    for (const program of programs) program.runtime.skewMs = 0;
    world.pass(Math.max(...programs.map(({ frozenUntil }) => frozenUntil - world.clock.now), 500));
  }

  private pausing(): string {
    const { network, ledger } = this.world;
    const calls = [...ledger.calls].filter(({ what }) => what.startsWith('pause')).map(({ what }) => what);
    return [...calls, ...network.ghosts.map(() => 'a late copy')].join();
  }

  /** Work that is added now is done soon: no worker sleeps through it. */
  private async calm(): Promise<void> {
    const { world } = this;
    for (let i = 0; i < CALM_ACTIONS; i += 1) {
      world.act(true);
      for (let steps = 0; steps < 12; steps += 1) await this.step();
    }
    await this.until('workers sleep although there is work', () => this.unfinished(), PROMPT_MS);
    await this.callsEnd();
  }

  private callsEnd(): Promise<void> {
    return this.until('calls never settle', async () =>
      [...this.world.ledger.calls].map(({ what }) => what).join(),
    );
  }

  private async unfinished(): Promise<string> {
    const counts = await this.world.checks.unfinished();
    return Object.values(counts).every((count) => count === 0) ? '' : JSON.stringify(counts);
  }

  private async unread(): Promise<string> {
    for (const queue of [ORDERS, PARCELS]) {
      const told = await this.world.checks.told(queue);
      for (const program of this.world.alive()) {
        const reached = program.log[queue]!.last;
        if (reached !== undefined && reached < told)
          return `${program.name} is at ${reached} of ${told} in ${queue}`;
      }
    }
    return '';
  }

  private async step(): Promise<void> {
    this.world.step += 1;
    await this.world.goOn();
    await this.world.settle();
  }

  private async until(what: string, left: () => Promise<string>, patienceMs = PATIENCE_MS): Promise<void> {
    const { clock } = this.world;
    const deadline = clock.now + patienceMs;
    this.world.note(`as long as ${what}`);
    for (let tries = 0; ; tries += 1) {
      const still = tries % 20 === 0 ? await left() : 'not asked';
      if (still === '') return;
      if (clock.now > deadline || tries > MAX_STEPS)
        throw new Violated(`${what}: ${(await left()) || still}`);
      await this.step();
    }
  }
}
