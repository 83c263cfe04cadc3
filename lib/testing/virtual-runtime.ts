import { setImmediate } from 'node:timers';
import type { Runtime, Timer, TimerOptions, WorkObserver } from '../runtime/runtime.js';
import { systemRuntime } from '../runtime/system-runtime.js';
import { SeededRandom } from './seeded-random.js';
import type { VirtualTimers } from './virtual-timers.js';

/** A process whose time stands still until a test moves it, and whose chance is the same in each run. */
export class VirtualRuntime implements Runtime {
  private readonly chance: SeededRandom;
  /** Apart, as how many are drawn follows from how fast Redis is. */
  private readonly ids: SeededRandom;
  private isReleased = false;
  private soon = 0;

  /**
   * @param pressed called when a timer is set whose end somebody waits for
   */
  constructor(
    private readonly timers: VirtualTimers,
    readonly observer: WorkObserver,
    seed: number,
    private readonly pressed: () => void,
  ) {
    this.chance = new SeededRandom(seed);
    this.ids = new SeededRandom(~seed);
  }

  readonly now = (): number => Math.floor(this.timers.now);
  readonly monotonicMs = (): number => this.timers.now;
  readonly scriptTime = (): number => Math.floor(this.timers.now);
  readonly random = (): number => this.chance.next();
  readonly uniqueId = (): string => this.ids.text(12);
  readonly uuid = (): string => this.ids.uuid();

  /** Whether a callback waits for the next turn of the event loop. */
  get hasSoon(): boolean {
    return this.soon > 0;
  }

  /** Resolves after the next turn of the event loop in which no callback waits. */
  async soonDone(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.soon > 0);
  }

  setTimer(run: () => void, ms: number, options: TimerOptions = {}): Timer {
    if (this.isReleased) {
      return systemRuntime.setTimer(run, ms, { background: true });
    }
    const timer = this.timers.set(run, ms, options);
    if (options.pressing) {
      this.pressed();
    }
    return timer;
  }

  setRepeating(run: () => void, ms: number): Timer {
    const again = (): void => {
      timer = this.setTimer(again, ms, { upkeep: true });
      run();
    };
    let timer = this.setTimer(again, ms, { upkeep: true });
    return { cancel: () => timer.cancel(), refresh: () => timer.refresh() };
  }

  setSoon(run: () => void): void {
    this.soon += 1;
    setImmediate(() => {
      this.soon -= 1;
      run();
    });
  }

  /** From now on time goes on by itself, so that what is closed late comes to its end. */
  release(): void {
    this.isReleased = true;
    for (const { run, due } of this.timers.takeAll()) {
      systemRuntime.setTimer(run, Math.max(due - this.timers.now, 0), { background: true });
    }
  }
}
