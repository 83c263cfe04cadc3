import type { Timer, TimerOptions } from '../runtime/runtime.js';

/** A timer that stands until time is moved. */
export interface VirtualTimer {
  due: number;
  readonly order: number;
  readonly run: () => void;
  readonly options: TimerOptions;
}

/** Virtual time, and the timers that are set in it. */
export class VirtualTimers {
  private readonly pending = new Set<VirtualTimer>();
  private ordered = 0;

  constructor(public now: number) {}

  set(run: () => void, ms: number, options: TimerOptions = {}): Timer {
    const length = Math.max(ms, 0);
    const timer: VirtualTimer = { due: this.now + length, order: (this.ordered += 1), run, options };
    this.pending.add(timer);
    return {
      cancel: () => void this.pending.delete(timer),
      refresh: () => {
        if (this.pending.has(timer)) {
          timer.due = this.now + length;
        }
      },
    };
  }

  /** The timer that is due first among those asked for. */
  next(isAsked: (options: TimerOptions) => boolean = () => true): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.pending) {
      const isEarlier =
        !first || timer.due < first.due || (timer.due === first.due && timer.order < first.order);
      if (isEarlier && isAsked(timer.options)) {
        first = timer;
      }
    }
    return first;
  }

  /** Moves time on to the timer, and fires it. */
  fire(timer: VirtualTimer): void {
    this.now = Math.max(this.now, timer.due);
    this.pending.delete(timer);
    timer.run();
  }

  /** Moves time on without what is upkeep: it stands still meanwhile. */
  leapTo(time: number): void {
    const ms = time - this.now;
    for (const timer of this.pending) {
      if (timer.options.upkeep) {
        timer.due += ms;
      }
    }
    this.now = time;
  }

  /** Takes all that is set. */
  takeAll(): VirtualTimer[] {
    const all = [...this.pending].toSorted((a, b) => a.due - b.due || a.order - b.order);
    this.pending.clear();
    return all;
  }
}
