import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  client: Socket;
  server: Socket;
  /** What the client last sent. */
  request: string;
  /** Nothing goes through any more, and nobody is told. */
  isDead: boolean;
}

/** Whether a request runs one of our commands, as a script or as a function. */
export const runsCommand = (request: string): boolean => /evalsha|eval|fcall/i.test(request);

/** Stands between a client and Redis, and loses what it is told to lose. */
export class LossyProxy {
  /** Cut the connection instead of handing on the next so many replies: Redis has done the work, nobody is told. */
  losing = 0;
  /** How many replies were lost. */
  lost = 0;
  /** How many requests were carried out twice, as by a client that sends one again whose reply it lost. */
  doubled = 0;
  /** Carry out the next so many requests twice; the client sees one reply. */
  doubling = 0;
  private isFrozen = false;
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    /** Whether this reply counts: those to blocking reads and greetings can be left out. */
    private readonly mayLose: (request: string) => boolean,
  ) {}

  /**
   * @param redis looked at for each new connection
   * @param mayLose given what the client last sent on the connection: whether the reply to it may be lost
   */
  static async open(
    redis: { host: string; port: number },
    mayLose: (request: string) => boolean = () => true,
  ): Promise<LossyProxy> {
    const server = createServer();
    const proxy = new LossyProxy(server, mayLose);
    server.on('connection', (client) => proxy.join(client, connect(redis.port, redis.host), redis));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Hands nothing on any more, without closing anything: a cable was pulled. New connections are refused the same way. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** Hands nothing on any more on connections whose last request is such, and tells nobody. Returns how many there are. */
  silence(which: (request: string) => boolean): number {
    const chosen = [...this.pairs].filter(({ request }) => which(request));
    for (const pair of chosen) {
      pair.isDead = true;
    }
    return chosen.length;
  }

  /** Lets new connections through; those from before stay dead. */
  thaw(): void {
    this.isFrozen = false;
    for (const pair of this.pairs) {
      pair.isDead = true;
      pair.server.destroy();
    }
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) {
      client.destroy();
      server.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket, server: Socket, redis: { host: string; port: number }): void {
    const pair: Pair = { client, server, request: '', isDead: this.isFrozen };
    this.pairs.add(pair);
    client.on('data', (chunk: Buffer) => {
      if (this.isFrozen || pair.isDead) return;
      pair.request = chunk.toString('latin1');
      server.write(chunk);
      if (this.doubling > 0 && this.mayLose(pair.request)) {
        this.doubling -= 1;
        this.doubled += 1;
        sendAlone(chunk, redis);
      }
    });
    server.on('data', (chunk: Buffer) => {
      if (this.isFrozen || pair.isDead) return;
      if (this.losing > 0 && this.mayLose(pair.request)) {
        this.losing -= 1;
        this.lost += 1;
        client.destroy();
        server.destroy();
        return;
      }
      client.write(chunk);
    });
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('close', () => {
      this.pairs.delete(pair);
      server.destroy();
    });
    server.on('close', () => {
      if (!this.isFrozen && !pair.isDead) client.end();
    });
  }
}

/** Has Redis carry out what is sent on a connection of its own, whose replies nobody reads. */
function sendAlone(chunk: Buffer, { host, port }: { host: string; port: number }): void {
  const socket = connect(port, host, () => socket.end(chunk));
  socket.on('error', () => {});
  socket.resume();
}
