import { QueueEvents } from '../events/queue-events.js';

/** Begins to read when somebody wants to know: a queue nobody listens to costs nothing. */
export class LazyQueueEvents extends QueueEvents {
  override on(event: string, listener: (...args: any[]) => void): this {
    this.wake(event);
    return super.on(event, listener);
  }

  override once(event: string, listener: (...args: any[]) => void): this {
    this.wake(event);
    return super.once(event, listener);
  }

  /** Whoever waits will listen: they are read from now on. */
  override waitUntilReady(): Promise<void> {
    void this.read();
    return super.waitUntilReady();
  }

  private wake(event: string): void {
    if (event !== 'error' && event !== 'closing') {
      void this.read();
    }
  }
}
