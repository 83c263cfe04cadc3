import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';

/** Hands connections on to a server of one's choice, as a service address does. */
class Relay {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
  ) {}

  static async open(target: { host: string; port: number }): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, target);
    server.on('connection', (socket) => relay.join(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Nothing goes through any more; nobody is told. */
  hold(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** Ends all connections; new ones go there. */
  lead(target: { host: string; port: number }): void {
    this.target = target;
    this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private join(socket: Socket): void {
    const far = connect(this.target.port, this.target.host);
    for (const [from, to] of [
      [socket, far],
      [far, socket],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

/** A master and its replica under one address, for failovers that lose what was not replicated. */
export class Failover {
  private constructor(
    private readonly servers: [LocalRedis, LocalRedis],
    private readonly address: Relay,
    private link: Relay,
  ) {}

  static async open(): Promise<Failover> {
    const args = ['--repl-diskless-sync-delay', '0'];
    const servers = await Promise.all([
      startRedis({ external: false, args }),
      startRedis({ external: false, args }),
    ]);
    const link = await Relay.open(servers[0]);
    const failover = new Failover(servers, await Relay.open(servers[0]), link);
    await failover.follow();
    return failover;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.address.port}`;
  }

  /** What the master does from now on is not replicated, and is answered all the same. */
  cutReplication(): void {
    this.link.hold();
  }

  /** The replica takes over. Resolves when it has. */
  async promote(): Promise<void> {
    await this.ask(1, (client) => client.replicaof('NO', 'ONE'));
    this.address.lead(this.servers[1]);
  }

  /** The old master, with what only it knows, becomes the replica of the new one. */
  async heal(): Promise<void> {
    this.servers.reverse();
    await this.link.close();
    this.link = await Relay.open(this.servers[0]);
    await this.follow();
  }

  async close(): Promise<void> {
    await Promise.all([this.address.close(), this.link.close()]);
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private async follow(): Promise<void> {
    await this.ask(1, async (client) => {
      await client.replicaof('127.0.0.1', this.link.port);
      const deadline = performance.now() + 10_000;
      while (!(await client.info('replication')).includes('master_link_status:up')) {
        if (performance.now() > deadline) throw new Error('The replica does not follow its master.');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  }

  private async ask(which: 0 | 1, what: (client: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis(this.servers[which]!.url);
    client.on('error', () => {});
    await what(client);
    client.disconnect();
  }
}
