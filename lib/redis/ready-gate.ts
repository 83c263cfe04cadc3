import type { RedisClient } from './client.js';

const gates = new WeakMap<RedisClient, ReadyGate>();

/**
 * Holds back calls while a client is not connected: what is held here has certainly not been sent, and can be withdrawn.
 * A client would keep them itself, and send them when nobody waits for them any more.
 */
export class ReadyGate {
  private readonly waiting = new Set<() => void>();
  private closed = false;

  private constructor(private readonly client: RedisClient) {}

  static of(client: RedisClient): ReadyGate {
    let gate = gates.get(client);
    if (!gate) {
      gate = new ReadyGate(client);
      gates.set(client, gate);
    }
    return gate;
  }

  /** Whether a call goes out at once, or is refused at once; one that is made lazily connects with its first call. */
  get isOpen(): boolean {
    const { status } = this.client;
    return status === 'ready' || status === 'wait' || this.isEnded;
  }

  /** Whether nothing will ever be sent again. */
  get isEnded(): boolean {
    return this.closed || this.client.status === 'end';
  }

  /** @param pass called once when the gate opens */
  wait(pass: () => void): void {
    if (this.waiting.size === 0) {
      this.client.on('ready', this.open);
      this.client.on('end', this.open);
    }
    this.waiting.add(pass);
  }

  leave(pass: () => void): void {
    if (this.waiting.delete(pass) && this.waiting.size === 0) {
      this.client.off('ready', this.open);
      this.client.off('end', this.open);
    }
  }

  /** The client is given up; some emit nothing when they are closed between two connections. */
  close(): void {
    this.closed = true;
    this.open();
  }

  private readonly open = (): void => {
    for (const pass of [...this.waiting]) {
      this.leave(pass);
      pass();
    }
  };
}
