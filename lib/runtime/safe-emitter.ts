import { EventEmitter } from 'node:events';

/** An outage is one error for all that share the connection. */
const warned = new WeakSet<Error>();

/**
 * An emitter whose listeners cannot break it: what one throws, or rejects with, becomes an `error` event, and an
 * `error` that nobody listens to becomes a process warning, once for all emitters of the same error.
 */
export class SafeEmitter extends EventEmitter {
  override emit(event: string | symbol, ...args: any[]): boolean {
    if (event === 'error' && this.listenerCount('error') === 0) {
      const [error] = args as [unknown];
      warnOf(error);
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
      warnOf(error);
    } else {
      this.emit('error', error);
    }
  }
}

function warnOf(error: unknown): void {
  if (!(error instanceof Error)) {
    process.emitWarning(String(error), 'StepwellWarning');
  } else if (!warned.has(error)) {
    warned.add(error);
    process.emitWarning(error.message, 'StepwellWarning');
  }
}
