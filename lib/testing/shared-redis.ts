import type { RedisClient } from '../redis/client.js';
import type { Timer } from '../runtime/runtime.js';

/** A blocking read that has found nothing yet. */
interface Parked {
  owner: object;
  attempt: () => Promise<unknown>;
  settle: (value: unknown) => void;
  fail: (error: Error) => void;
  timer: Timer;
}

/** Pops from the first of the sets that has something, without blocking. */
const POP = `for _, key in ipairs(KEYS) do
  local popped = redis.call('ZPOPMIN', key)
  if popped[1] then return { key, popped[1], popped[2] } end
end
return false`;

type Calls = Record<string, (...args: unknown[]) => Promise<unknown>>;

/**
 * One client for all that a test makes. Commands run one at a time, each when what the last one led to has happened, so that
 * their order is the same in each run. Blocking reads are served without blocking: they are tried again after each write.
 */
export class SharedRedis {
  private readonly line: (() => Promise<void>)[] = [];
  private isRunning = false;
  private readonly idling: (() => void)[] = [];
  private readonly parked = new Set<Parked>();
  private isServing = false;

  /**
   * @param setTimer counts the time of blocking reads
   * @param settled resolves when what a reply led to has happened
   */
  constructor(
    readonly client: RedisClient,
    private readonly setTimer: (run: () => void, ms: number) => Timer,
    private readonly settled: () => Promise<void>,
  ) {}

  /** Whether no command is in flight or about to be sent. */
  get isIdle(): boolean {
    return !this.isRunning;
  }

  /** Resolves when no command is in flight. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.idling.push(resolve));
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    return this.inLine(async () => {
      const reply = await (this.client as unknown as Calls)[name]!(...args);
      this.serve();
      return reply;
    });
  }

  /** Runs commands in one transaction. */
  exec(commands: readonly (readonly [string, readonly unknown[]])[]): Promise<unknown> {
    return this.inLine(async () => {
      const chain = this.client.multi() as unknown as Calls;
      for (const [name, args] of commands) void chain[name]!(...args);
      const replies = await chain.exec!();
      this.serve();
      return replies;
    });
  }

  /** BZPOPMIN: keys, then how long it may block in seconds. */
  popWhenThere(owner: object, args: readonly unknown[]): Promise<unknown> {
    const keys = args.slice(0, -1) as string[];
    return this.block(owner, Number(args.at(-1)) * 1000, () => this.client.eval(POP, keys.length, ...keys));
  }

  /** XREAD with BLOCK. */
  readWhenThere(owner: object, args: readonly unknown[]): Promise<unknown> {
    const at = args.indexOf('BLOCK');
    const plain = [...args.slice(0, at), ...args.slice(at + 2)];
    return this.block(owner, Number(args[at + 1]), () => (this.client as unknown as Calls).xread!(...plain));
  }

  /** Ends what a client waits for, as its end does. */
  dropReads(owner: object): void {
    for (const read of this.parked) {
      if (read.owner === owner) {
        this.parked.delete(read);
        read.timer.cancel();
        read.fail(new Error('Connection is closed.'));
      }
    }
  }

  private block(owner: object, ms: number, attempt: () => Promise<unknown>): Promise<unknown> {
    return new Promise((settle, fail) => {
      const timer = this.setTimer(() => {
        this.parked.delete(read);
        settle(null);
      }, ms);
      const read: Parked = { owner, attempt, settle, fail, timer };
      this.parked.add(read);
      this.serve();
    });
  }

  private serve(): void {
    if (!this.isServing && this.parked.size > 0) {
      this.isServing = true;
      void this.inLine(() => this.serveAll());
    }
  }

  private async serveAll(): Promise<void> {
    this.isServing = false;
    for (const read of [...this.parked]) {
      if (this.parked.has(read)) {
        await this.attempt(read);
        await this.settled();
      }
    }
  }

  /** What was taken for a reader that has gone is lost, as it would be with its connection. */
  private async attempt(read: Parked): Promise<void> {
    let end: () => void;
    try {
      const value = await read.attempt();
      if (value === null) return;
      end = () => read.settle(value);
    } catch (error) {
      end = () => read.fail(error as Error);
    }
    if (this.parked.delete(read)) {
      read.timer.cancel();
      end();
    }
  }

  private inLine<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.line.push(() => work().then(resolve, reject));
      if (!this.isRunning) {
        this.isRunning = true;
        void this.runLine();
      }
    });
  }

  private async runLine(): Promise<void> {
    for (let next = this.line.shift(); next; next = this.line.shift()) {
      await next();
      await this.settled();
    }
    this.isRunning = false;
    this.idling.splice(0).forEach((resolve) => resolve());
  }
}
