import { EventEmitter } from 'node:events';
import { EMPTY, type Observable } from 'rxjs';
import { QueueEvents } from '../events/queue-events.js';
import type { ConnectionOptions } from '../redis/client.js';

/** A client that goes nowhere. */
class NoClient extends EventEmitter {
  readonly status = 'end';
  readonly isCluster = false;
  readonly options = {};

  async info(): Promise<string> {
    return '';
  }

  duplicate(): NoClient {
    return new NoClient();
  }

  disconnect(): void {}
}

/** The events of a queue that a test has replaced: nothing happens there, and no connection is made. */
export class SilentQueueEvents extends QueueEvents {
  constructor(name: string) {
    super(name, { autorun: false, connection: new NoClient() as unknown as ConnectionOptions });
  }

  protected override read(): Promise<void> {
    return Promise.resolve();
  }

  /** There is nothing to wait for. */
  override async waitUntilReady(): Promise<void> {
    if (this.isClosed) await super.waitUntilReady();
  }

  override watch(): Observable<never> {
    return EMPTY;
  }

  override follow(): Observable<never> {
    return EMPTY;
  }
}
