import { EventEmitter } from 'node:events';
import type { RedisClient } from '../../lib/redis/client.js';
import type { Network } from './network.js';
import { type Sent, Wire } from './wire.js';

/** What the library uses of an ioredis client, over a simulated wire. As ioredis does, it sends again what was not answered. */
export class SimulatedClient extends EventEmitter {
  readonly options = { host: 'simulated', port: 0 };
  readonly isCluster = false;
  status = 'ready';
  /** Where the server knows functions. */
  readonly fcall?: (list: unknown[]) => Promise<unknown>;
  private readonly wire: Wire;
  private unanswered: Sent[] = [];
  private duplicates = 0;

  constructor(
    private readonly network: Network,
    private readonly label: string,
  ) {
    super();
    this.setMaxListeners(0);
    this.wire = new Wire(label, {
      closed: () => this.closed(),
      ready: () => this.ready(),
    });
    network.add(this.wire);
    if (network.hasFunctions) this.fcall = (list) => this.send('fcall', [list]);
  }

  /** As the library takes it. */
  get asClient(): RedisClient {
    return this as unknown as RedisClient;
  }

  duplicate(): SimulatedClient {
    this.duplicates += 1;
    return new SimulatedClient(this.network, `${this.label}/${this.duplicates}`);
  }

  evalsha(list: unknown[]): Promise<unknown> {
    return this.send('evalsha', [list]);
  }

  eval(list: unknown[]): Promise<unknown> {
    return this.send('eval', [list]);
  }

  function(...args: unknown[]): Promise<unknown> {
    return this.send('function', args);
  }

  info(...args: unknown[]): Promise<unknown> {
    return this.send('info', args);
  }

  ping(...args: unknown[]): Promise<unknown> {
    return this.send('ping', args);
  }

  xrange(...args: unknown[]): Promise<unknown> {
    return this.send('xrange', args);
  }

  xrevrange(...args: unknown[]): Promise<unknown> {
    return this.send('xrevrange', args);
  }

  xread(...args: unknown[]): Promise<unknown> {
    return this.send('xread', args, Number(args[args.indexOf('BLOCK') + 1]));
  }

  bzpopmin(...args: unknown[]): Promise<unknown> {
    return this.send('bzpopmin', args, Number(args.at(-1)) * 1000);
  }

  zadd(...args: unknown[]): Promise<unknown> {
    return this.send('zadd', args);
  }

  unlink(...args: unknown[]): Promise<unknown> {
    return this.send('unlink', args);
  }

  multi(): Record<string, (...args: unknown[]) => unknown> {
    const calls: [string, unknown[]][] = [];
    const chain: Record<string, (...args: unknown[]) => unknown> = new Proxy(
      {},
      {
        get: (_target, name: string) =>
          name === 'exec'
            ? () => this.send('nudge', [calls])
            : (...args: unknown[]) => {
                calls.push([name, args]);
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
    if (this.status === 'end') return;
    this.status = 'end';
    this.network.remove(this.wire);
    const left = [...this.unanswered.splice(0), ...this.wire.takeUnanswered()];
    left.forEach(({ reject }) => reject(new Error('Connection is closed.')));
    this.emit('close');
    this.emit('end');
  }

  private send(name: string, args: unknown[], blockMs?: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const sent: Sent = { name, args, resolve, reject, ...(blockMs === undefined ? {} : { blockMs }) };
      if (this.status === 'end') reject(new Error('Connection is closed.'));
      else if (this.wire.isUp) this.wire.sent.push(sent);
      else this.unanswered.push(sent);
    });
  }

  /** A client of several servers keeps no order between what it sends again. */
  private inSomeOrder(list: Sent[]): Sent[] {
    const { dice } = this.network;
    const at = dice.int(0, list.length);
    return dice.chance(0.3) ? [...list.slice(at), ...list.slice(0, at)] : list;
  }

  private closed(): void {
    this.status = 'reconnecting';
    this.unanswered = this.wire.takeUnanswered();
    this.emit('close');
  }

  private ready(): void {
    this.status = 'ready';
    this.wire.sent.push(...this.inSomeOrder(this.unanswered.splice(0)));
    this.emit('ready');
  }
}
