import type { Runtime } from './runtime.js';
import { within } from './within.js';

/** For what is under way when a service stops, where it says nothing else. */
const STOP_WITHIN_MS = 1000;

/**
 * Something that works beside its owner, such as what renews locks or reads a stream. All have one contract:
 *
 * - `start` begins, once; never after `stop`. What works on demand only, such as a reader or a relay, needs none.
 * - `stop` ends for good, at once: nothing new begins after it. Its promise resolves when nothing is under way any more, at the latest
 *   after `stopWithinMs`, and never rejects. It may be called at any time, and again: then it returns the same promise.
 */
export abstract class Service {
  /** How long `stop` waits at most. */
  protected readonly stopWithinMs: number = STOP_WITHIN_MS;
  private hasBegun = false;
  private stopping: Promise<void> | undefined;

  constructor(readonly runtime: Runtime) {}

  start(): void {
    if (!this.hasBegun && !this.isStopped) {
      this.hasBegun = true;
      this.onStart();
    }
  }

  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  /** Whether it has been started, and not stopped since. */
  get isRunning(): boolean {
    return this.hasBegun && !this.isStopped;
  }

  get isStopped(): boolean {
    return this.stopping !== undefined;
  }

  /** Called once at most. */
  protected onStart(): void {}

  /**
   * Called once at most, also where it was never started. `isStopped` says so by then.
   * @returns what is still under way, if anything; a rejection counts as its end
   */
  protected abstract onStop(): Promise<unknown> | void;

  private end(): Promise<void> {
    // Whoever looks meanwhile finds it stopped.
    let resolve!: (left: Promise<void> | void) => void;
    const stopping = new Promise<void>((done) => (resolve = done));
    this.stopping = stopping;
    const left = this.onStop();
    resolve(left && within(this.runtime, this.stopWithinMs, left));
    return stopping;
  }
}

/** Stops services, the last one first, and waits for them together: each has its own bound. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  await Promise.all(services.toReversed().map((service) => service.stop()));
}
