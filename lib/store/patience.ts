import { CallTimeoutError, type UnansweredOptions } from '../job/errors.js';
import type { Runtime, Timer } from '../runtime/runtime.js';

/** How finely silence is measured: what waits is given up at the deadline or at most two tenths of it later. */
const TICKS = 10;
const UPKEEP = { background: true, upkeep: true };

/** A user's call waits so long for a silent Redis where nothing else is said. */
export const CALL_TIMEOUT_MS = 5000;

/** Since when, for what never counts as waiting too long. */
export const NEVER = Infinity;

/** What has something waiting. */
export interface Waiting {
  /** Gives up what has waited too long. Returns whether anything is left that can. */
  giveUpLate(): boolean;
}

/**
 * Measures how long Redis has been silent, for all that waits for it in one store, with one timer that runs only while
 * something waits. It counts ticks instead of reading a clock: time in which this process itself was held up, and could
 * not have heard a reply, is one tick, however long it took.
 */
export class Patience {
  private ticks = 0;
  private timer: Timer | undefined;
  private readonly all: Waiting[] = [];

  constructor(
    readonly runtime: Runtime,
    readonly limitMs = CALL_TIMEOUT_MS,
    private readonly server?: { describe(): string; readonly trouble: Error | undefined },
  ) {}

  /** The error of who has waited too long. */
  late({ mayBeWritten = false, cause }: UnansweredOptions = {}): CallTimeoutError {
    const why = cause ?? this.server?.trouble;
    const options = why === undefined ? { mayBeWritten } : { mayBeWritten, cause: why };
    return new CallTimeoutError(this.limitMs, options, this.server?.describe());
  }

  /** To be kept with what begins to wait. */
  get now(): number {
    return this.ticks;
  }

  register(waiting: Waiting): void {
    this.all.push(waiting);
  }

  /** To be called when something begins to wait. */
  begin(): void {
    if (!this.timer) {
      this.arm();
    }
  }

  isOver(since: number): boolean {
    return this.ticks - since > TICKS;
  }

  /** Whether nothing was heard for long enough to suspect that nothing will be. */
  isSilent(since: number): boolean {
    return this.ticks - since > 1;
  }

  private arm(): void {
    // Replies that have come in while the process was busy are read before the tick.
    // Who waits has a connection, which keeps the process alive.
    this.timer = this.runtime.setTimer(() => this.runtime.setSoon(this.tick), this.limitMs / TICKS, UPKEEP);
  }

  private readonly tick = (): void => {
    this.timer = undefined;
    this.ticks += 1;
    let isLeft = false;
    for (const waiting of this.all) {
      isLeft = waiting.giveUpLate() || isLeft;
    }
    if (isLeft) {
      this.begin();
    }
  };
}
