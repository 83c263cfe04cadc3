import type { Runtime, Timer } from '../../lib/runtime/runtime.js';
import { Random } from '../simulation/random.js';

interface Pending {
  due: number;
  order: number;
  run: () => void;
}

export interface WorldClock {
  /** Milliseconds; only goes forward. */
  now: number;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The world as one simulated process sees it: its timers fire when the simulation says so, and only then. */
export class SimulatedRuntime implements Runtime {
  private readonly timers = new Set<Pending>();
  private readonly dice: Random;
  private ordered = 0;
  /** What this process' clock of the day is off by. */
  skewMs = 0;

  constructor(
    private readonly clock: WorldClock,
    seed: number,
  ) {
    this.dice = new Random(seed);
  }

  readonly now = (): number => Math.floor(this.clock.now + this.skewMs);
  readonly monotonicMs = (): number => this.clock.now;
  readonly scriptTime = (): number => Math.floor(this.clock.now);
  readonly random = (): number => this.dice.next();

  readonly uniqueId = (): string =>
    Array.from({ length: 12 }, () => ALPHABET[this.dice.int(0, ALPHABET.length - 1)]).join('');

  readonly uuid = (): string => `${this.uniqueId()}-${this.uniqueId()}`;

  setTimer(run: () => void, ms: number): Timer {
    return this.arm(run, Math.max(ms, 0));
  }

  setSoon(run: () => void): void {
    this.arm(run, 0);
  }

  setRepeating(run: () => void, ms: number): Timer {
    const again = (): void => {
      timer = this.arm(again, ms);
      run();
    };
    let timer = this.arm(again, ms);
    return { cancel: () => timer.cancel(), refresh: () => timer.refresh() };
  }

  /** When the next timer is due, Infinity when none is set. */
  get nextDue(): number {
    return this.next()?.due ?? Infinity;
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Fires the timer that is due next. */
  fire(): void {
    const next = this.next();
    if (next) {
      this.timers.delete(next);
      next.run();
    }
  }

  /** The process is gone, and its timers with it. */
  clear(): void {
    this.timers.clear();
  }

  private next(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.timers) {
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }

  private arm(run: () => void, ms: number): Timer {
    const timer: Pending = { due: this.clock.now + ms, order: (this.ordered += 1), run };
    this.timers.add(timer);
    return {
      cancel: () => void this.timers.delete(timer),
      refresh: () => {
        if (this.timers.has(timer)) {
          timer.due = this.clock.now + ms;
        }
      },
    };
  }
}
