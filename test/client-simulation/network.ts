import type { Redis } from 'ioredis';
import type { WorldClock } from './simulated-runtime.js';

/** A command that a client has written. */
export interface Sent {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Of a blocking read: for how long it may wait. */
  readonly blockMs?: number;
}

interface Reply {
  sent: Sent;
  value?: unknown;
  error?: Error;
}

/** What a line of the trace is about. */
export type Note = (line: string) => void;

const WRITES = new Set(['evalsha', 'eval', 'zadd', 'nudge']);

/** One connection of a client: commands go one way in their order, replies the other. */
export class Wire {
  readonly sent: Sent[] = [];
  readonly replies: Reply[] = [];
  /** A blocking read that the server holds. */
  parked: { sent: Sent; until: number } | undefined;
  isUp = true;

  constructor(
    readonly label: string,
    readonly isBlocking: boolean,
    private readonly listener: { closed: () => void; ready: () => void },
  ) {}

  /** Whether the server has a command of it to run. */
  get hasCommand(): boolean {
    return this.isUp && this.sent.length > 0 && this.parked === undefined;
  }

  get hasReply(): boolean {
    return this.isUp && this.replies.length > 0;
  }

  /** The connection breaks: nobody hears of what was under way. */
  cut(): void {
    this.isUp = false;
    this.listener.closed();
  }

  /** What the client had no reply to, in the order in which it was written. */
  takeUnanswered(): Sent[] {
    const parked = this.parked ? [this.parked.sent] : [];
    this.parked = undefined;
    return [...this.replies.splice(0).map(({ sent }) => sent), ...parked, ...this.sent.splice(0)];
  }

  reconnected(): void {
    this.isUp = true;
    this.listener.ready();
  }
}

/** The wires of all processes, and the server that they lead to. */
export class Network {
  readonly wires: Wire[] = [];
  /** Until then the server runs nothing. */
  frozenUntil = 0;
  /** So many of the next commands are refused with this. */
  refusal: { message: string; left: number } | undefined;
  /** Called with each command that the server has run. */
  onRun: (sent: Sent, wire: Wire) => void = () => {};

  constructor(
    private readonly redis: Redis,
    private readonly clock: WorldClock,
  ) {}

  add(wire: Wire): void {
    this.wires.push(wire);
  }

  remove(wire: Wire): void {
    const at = this.wires.indexOf(wire);
    if (at >= 0) this.wires.splice(at, 1);
  }

  get isFrozen(): boolean {
    return this.frozenUntil > this.clock.now;
  }

  /** When something happens here by itself. */
  get nextDue(): number {
    const parked = this.isFrozen ? [] : this.wires.flatMap((wire) => (wire.parked ? [wire.parked.until] : []));
    return Math.min(this.isFrozen ? this.frozenUntil : Infinity, ...parked);
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
    this.onRun(sent, wire);
    if (WRITES.has(sent.name)) await this.serveParked();
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

  private async serveParked(): Promise<void> {
    for (const wire of this.wires) {
      if (!wire.parked) continue;
      const reply = await this.perform(wire.parked.sent);
      if (reply.value !== null) {
        wire.parked = undefined;
        wire.replies.push(reply);
      }
    }
  }

  private async perform(sent: Sent): Promise<Reply> {
    if (this.refusal) {
      const { message } = this.refusal;
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
    if (name === 'evalsha' || name === 'eval') {
      const [list] = args as [unknown[]];
      return client[name]!(list);
    }
    if (name === 'bzpopmin') {
      for (const key of args.slice(0, -1)) {
        const popped = (await this.redis.zpopmin(key as string)) as string[];
        if (popped.length > 0) return [key, ...popped];
      }
      return null;
    }
    if (name === 'xread') {
      const at = args.indexOf('BLOCK');
      return client.xread!(...args.slice(0, at), ...args.slice(at + 2));
    }
    if (name === 'nudge') {
      const [calls] = args as [[string, unknown[]][]];
      for (const [command, own] of calls) await client[command]!(...own);
      return [];
    }
    return client[name]!(...args);
  }
}
