import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, such as a browser and the app, as a network does that can fail. */
export class CuttableProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private isHung = false;
  /** Port of the server, on this machine. */
  target = 0;

  private constructor() {
    this.server = createServer((client) => this.pass(client));
  }

  static async start(): Promise<CuttableProxy> {
    const proxy = new CuttableProxy();
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and each new one, until `mend`. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Lets everything connect, and nothing through, until `mend`: as a server that is paused. */
  hang(): void {
    this.isHung = true;
    for (const socket of this.sockets) socket.pause();
  }

  mend(): void {
    this.isCut = false;
    this.isHung = false;
    for (const socket of this.sockets) socket.resume();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(client: Socket): void {
    if (this.isCut) {
      client.destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      one.setNoDelay(true);
      one.on('data', (bytes) => other.write(bytes));
      one.on('error', () => {}); // Its end says enough.
      one.once('end', () => other.end());
      one.once('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      if (this.isHung) one.pause();
    }
  }
}
