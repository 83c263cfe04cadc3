import { EventEmitter } from 'node:events';
import type { RedisClient } from '../redis/client.js';
import type { SharedRedis } from './shared-redis.js';

/** Commands that the library uses, apart from those that block. */
const COMMANDS = [
  ...['evalsha', 'eval', 'info', 'ping', 'xrange', 'xrevrange', 'zadd', 'unlink', 'del', 'exists', 'keys'],
  ...['get', 'set', 'hget', 'hgetall', 'hset', 'incr', 'lrange', 'zrange', 'xlen', 'pexpire', 'pttl', 'scan'],
] as const;

const FORWARDED = ['error', 'close', 'ready', 'end'] as const;

type Call = (...args: unknown[]) => unknown;

/** What the library uses of an ioredis client, on behalf of one that is shared. */
export class TestClient extends EventEmitter {
  readonly isCluster = false;
  private isEnded = false;
  private readonly stopForwarding: () => void;

  constructor(private readonly redis: SharedRedis) {
    super();
    this.setMaxListeners(0);
    const { client } = redis;
    const listeners = FORWARDED.map((event) => {
      const forward = (...args: unknown[]): void => {
        if (event !== 'error' || this.listenerCount('error') > 0) this.emit(event, ...args);
      };
      client.on(event, forward);
      return () => void client.off(event, forward);
    });
    this.stopForwarding = () => listeners.forEach((stop) => stop());
    for (const name of COMMANDS) {
      Object.defineProperty(this, name, {
        value: (...args: unknown[]) => this.open(() => redis.call(name, args)),
      });
    }
  }

  /** As the library takes it. */
  get asClient(): RedisClient {
    return this as unknown as RedisClient;
  }

  get options(): object {
    return (this.redis.client as { options: object }).options;
  }

  get status(): string {
    return this.isEnded ? 'end' : this.redis.client.status;
  }

  duplicate(): TestClient {
    return new TestClient(this.redis);
  }

  xread(...args: unknown[]): Promise<unknown> {
    return this.open(() =>
      args.includes('BLOCK') ? this.redis.readWhenThere(this, args) : this.redis.call('xread', args),
    );
  }

  bzpopmin(...args: unknown[]): Promise<unknown> {
    return this.open(() => this.redis.popWhenThere(this, args));
  }

  /** Commands one after another until `exec`. */
  multi(): Record<string, Call> {
    const commands: [string, unknown[]][] = [];
    const chain: Record<string, Call> = new Proxy(
      {},
      {
        get: (_target, name: string): Call =>
          name === 'exec'
            ? () => this.open(() => this.redis.exec(commands))
            : (...args) => {
                commands.push([name, args]);
                return chain;
              },
      },
    );
    return chain;
  }

  async quit(): Promise<'OK'> {
    this.disconnect();
    return 'OK';
  }

  disconnect(): void {
    if (!this.isEnded) {
      this.isEnded = true;
      this.stopForwarding();
      this.redis.dropReads(this);
      this.emit('close');
      this.emit('end');
    }
  }

  private open(call: () => Promise<unknown>): Promise<unknown> {
    return this.isEnded ? Promise.reject(new Error('Connection is closed.')) : call();
  }
}
