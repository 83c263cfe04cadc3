import { ConnectionClosedError } from '../job/errors.js';

/**
 * Whether whoever some stores belong to is closed: then each call is refused with the same error, also where others keep the
 * connection open, and also of a store that is made, or remembered, after the close.
 */
export class Lifetime {
  private over: string | undefined;

  /** @param who such as `The queue photos` */
  end(who: string): void {
    this.over ??= who;
  }

  get isOver(): boolean {
    return this.over !== undefined;
  }

  /** The error of who calls after the end. */
  refusal(): ConnectionClosedError {
    return new ConnectionClosedError(`${this.over} is closed: nothing was asked of Redis. Open another one.`);
  }

  /** Throws after the end. */
  demand(): void {
    if (this.isOver) {
      throw this.refusal();
    }
  }
}
