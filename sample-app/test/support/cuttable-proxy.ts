import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a browser and the app, as a network does that can fail. */
export class CuttableProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  /** Port of the app. */
  target = 0;

  private constructor() {
    this.server = createServer((browser) => this.pass(browser));
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

  mend(): void {
    this.isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(browser: Socket): void {
    if (this.isCut) {
      browser.destroy();
      return;
    }
    const app = connect(this.target, '127.0.0.1');
    browser.pipe(app).pipe(browser);
    for (const [one, other] of [
      [browser, app],
      [app, browser],
    ] as const) {
      this.sockets.add(one);
      one.setNoDelay(true);
      one.on('error', () => {}); // Its end says enough.
      one.once('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }
}
