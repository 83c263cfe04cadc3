import type { WorkObserver } from '../../lib/runtime/runtime.js';
import { VirtualRuntime } from '../../lib/testing/virtual-runtime.js';
import { VirtualTimers } from '../../lib/testing/virtual-timers.js';

/** Nothing of what is on its way in this process is left when it resolves. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** That fire in one go; a service that sets more of them is at fault. */
const MOST_TIMERS = 10_000;

/** For the test of one service: its runtime, whose time stands still until the test moves it. */
export class StillTime {
  private readonly timers = new VirtualTimers(1000);
  /** What the service has said of when it notices a fault. */
  readonly noticedWithinMs: number[] = [];
  private readonly observer: WorkObserver = {
    began: () => {},
    ended: () => {},
    dies: () => false,
    noticedWithin: (ms) => void this.noticedWithinMs.push(ms),
  };
  readonly runtime = new VirtualRuntime(this.timers, this.observer, 1, () => {});

  get now(): number {
    return this.timers.now;
  }

  /** Whether a timer is set. */
  get isSet(): boolean {
    return this.timers.next() !== undefined;
  }

  /** Moves time on and fires what is due on the way, each when what the one before it has begun is settled. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settled();
    let fired = 0;
    for (let timer = this.timers.next(); timer && timer.due <= end; timer = this.timers.next()) {
      fired += 1;
      if (fired > MOST_TIMERS) throw new Error('Timers are set again and again, and time does not go on.');
      this.timers.fire(timer);
      await this.runtime.soonDone();
    }
    this.timers.now = end;
  }

  /** Time in which this process stands still: what was due fires late. */
  async standStill(ms: number): Promise<void> {
    this.timers.now += ms;
    await this.pass(0);
  }
}

/** Calls that a test answers, in the order in which they were made. */
export class OpenCalls<A, R> {
  readonly made: { args: A; answer: (reply: R) => Promise<void>; fail: (error: Error) => Promise<void> }[] =
    [];

  readonly call = (args: A): Promise<R> =>
    new Promise((resolve, reject) => {
      this.made.push({
        args,
        answer: (reply) => (resolve(reply), settled()),
        fail: (error) => (reject(error), settled()),
      });
    });

  get last(): { args: A; answer: (reply: R) => Promise<void>; fail: (error: Error) => Promise<void> } {
    const last = this.made.at(-1);
    if (!last) throw new Error('No call was made.');
    return last;
  }
}
