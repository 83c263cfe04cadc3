import { EventEmitter } from 'node:events';

/**
 * An emitter whose listeners cannot break it: what one throws, or rejects with, becomes an `error` event, and an
 * `error` that nobody listens to becomes a process warning.
 */
export class SafeEmitter extends EventEmitter {
  override emit(event: string | symbol, ...args: any[]): boolean {
    if (event === 'error' && this.listenerCount('error') === 0) {
      const [error] = args as [unknown];
      process.emitWarning(error instanceof Error ? error.message : String(error), 'StepwellWarning');
      return false;
    }
    const listeners = this.rawListeners(event);
    for (const listener of listeners) {
      try {
        const outcome: unknown = Reflect.apply(listener, this, args);
        if (outcome instanceof Promise) {
          outcome.catch((error: unknown) => this.report(event, error));
        }
      } catch (error) {
        this.report(event, error);
      }
    }
    return listeners.length > 0;
  }

  private report(event: string | symbol, error: unknown): void {
    if (event === 'error') {
      process.emitWarning(error instanceof Error ? error.message : String(error), 'StepwellWarning');
    } else {
      this.emit('error', error);
    }
  }
}
