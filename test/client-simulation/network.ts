import type { Redis } from 'ioredis';
import type { Random } from '../simulation/random.js';
import type { Patch } from '../simulation/simulated-scripts.js';
import { KnownScripts } from './known-scripts.js';
import type { WorldClock } from './simulated-runtime.js';
import type { Reply, Sent, Wire } from './wire.js';

const WRITES = new Set(['fcall', 'evalsha', 'eval', 'zadd', 'nudge']);
/** What lies about for others expires by the real clock: never while a simulation runs. */
const LASTING_MS = 3_600_000;

/** The wires of all processes, and the server that they lead to. */
export class Network {
  readonly wires: Wire[] = [];
  /** Commands of connections that are gone, which the server may yet read. Nobody gets their replies. */
  readonly ghosts: Sent[] = [];
  readonly scripts: KnownScripts;
  /** Whether the server knows functions. */
  readonly hasFunctions: boolean;
  /** Until then the server runs nothing. */
  frozenUntil = 0;
  /** So many of the next commands are refused with this. */
  refusal: { message: string; left: number } | undefined;
  /** Whether the server's clock was ever set. */
  hasJumped = false;

  private skewedBy = 0;

  constructor(
    private readonly redis: Redis,
    private readonly clock: WorldClock,
    readonly dice: Random,
    patches: readonly Patch[] = [],
  ) {
    this.scripts = new KnownScripts(redis, () => this.serverTime, patches);
    this.hasFunctions = dice.chance(0.5);
  }

  add(wire: Wire): void {
    this.wires.push(wire);
  }

  remove(wire: Wire): void {
    const at = this.wires.indexOf(wire);
    if (at >= 0) this.wires.splice(at, 1);
  }

  /** What the server's clock is off by. */
  set skewMs(ms: number) {
    this.hasJumped = true;
    this.skewedBy = ms;
  }

  get isFrozen(): boolean {
    return this.frozenUntil > this.clock.now;
  }

  /** The time of the world, by no clock that can be set. */
  get time(): number {
    return this.clock.now;
  }

  get serverTime(): number {
    return Math.floor(this.clock.now + this.skewedBy);
  }

  /** When something happens here by itself. */
  get nextDue(): number {
    const parked = this.isFrozen
      ? []
      : this.wires.flatMap((wire) => (wire.parked ? [wire.parked.until] : []));
    const silent = this.wires.flatMap(({ silentUntil }) =>
      silentUntil > this.clock.now ? [silentUntil] : [],
    );
    return Math.min(this.isFrozen ? this.frozenUntil : Infinity, ...parked, ...silent);
  }

  /** For the trace. */
  describe({ name, args }: Sent): string {
    const isScript = name === 'fcall' || name.startsWith('eval');
    const script = isScript ? this.scripts.nameOf((args[0] as unknown[])[0]) : undefined;
    return script === undefined ? name : `${name} ${script}`;
  }

  /** Runs the oldest command of a wire. */
  async run(wire: Wire): Promise<void> {
    const sent = wire.sent.shift()!;
    const reply = await this.perform(sent);
    if (sent.blockMs !== undefined && reply.error === undefined && reply.value === null) {
      wire.parked = { sent, until: this.clock.now + sent.blockMs };
    } else {
      wire.replies.push(reply);
    }
    if (WRITES.has(sent.name)) await this.serveParked();
  }

  /** Of a connection that breaks, the server may read later what was on its way. */
  haunt(wire: Wire): void {
    this.ghosts.push(...wire.sent.filter(({ name }) => ['fcall', 'evalsha', 'zadd'].includes(name)));
  }

  async runGhost(): Promise<void> {
    await this.perform(this.ghosts.shift()!);
    await this.serveParked();
  }

  /** Ends blocking reads whose time is over. */
  expireParked(): void {
    for (const wire of this.wires) {
      if (wire.parked && wire.parked.until <= this.clock.now) {
        wire.replies.push({ sent: wire.parked.sent, value: null });
        wire.parked = undefined;
      }
    }
  }

  deliver(wire: Wire): void {
    const { sent, value, error } = wire.replies.shift()!;
    if (error) sent.reject(error);
    else sent.resolve(value);
  }

  /** All are asked in one go: most of what a step takes is the way to the server and back. */
  private async serveParked(): Promise<void> {
    const waiting = this.wires.filter(({ parked }) => parked);
    const replies = await Promise.all(waiting.map(({ parked }) => this.perform(parked!.sent)));
    for (const [i, reply] of replies.entries()) {
      if (reply.value !== null) {
        waiting[i]!.parked = undefined;
        waiting[i]!.replies.push(reply);
      }
    }
  }

  private async perform(sent: Sent): Promise<Reply> {
    // A server that has the text of a script, or of functions, does not miss it.
    const isMissing = this.refusal?.message.startsWith('NOSCRIPT');
    const isMeant = !(isMissing && ['eval', 'function'].includes(sent.name));
    if (this.refusal && isMeant) {
      const message = isMissing && sent.name === 'fcall' ? 'ERR Function not found' : this.refusal.message;
      this.refusal.left -= 1;
      if (this.refusal.left <= 0) this.refusal = undefined;
      return { sent, error: new Error(message) };
    }
    try {
      return { sent, value: await this.call(sent) };
    } catch (error) {
      return { sent, error: error as Error };
    }
  }

  private async call({ name, args }: Sent): Promise<unknown> {
    const client = this.redis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    if (name === 'fcall' || name === 'evalsha' || name === 'eval') {
      return this.scripts.run(name, args[0] as unknown[]);
    }
    if (name === 'function') {
      return this.scripts.loadFunctions();
    }
    if (name === 'bzpopmin') {
      const keys = args.slice(0, -1);
      const popped = (await client.zmpop!(keys.length, ...keys, 'MIN')) as
        [string, [string, string][]] | null;
      return popped && [popped[0], ...popped[1].flat()];
    }
    if (name === 'xread') {
      const at = args.indexOf('BLOCK');
      return client.xread!(...args.slice(0, at), ...args.slice(at + 2));
    }
    if (name === 'nudge') {
      const [calls] = args as [[string, unknown[]][]];
      for (const [command, own] of calls) {
        await client[command]!(...(command === 'pexpire' ? [own[0], LASTING_MS] : own));
      }
      return [];
    }
    return client[name]!(...args);
  }
}
