import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { Random } from '../simulation/random.js';
import { randomPrefix } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { Network } from './network.js';
import { SimulatedClient } from './simulated-client.js';
import { SimulatedRuntime } from './simulated-runtime.js';
import type { Wire } from './wire.js';

/** A simulated network for one test, which says itself what happens when: nothing is left to chance. */
export class SmallWorld {
  readonly clock = { now: 1_700_000_000_000 };
  readonly prefix = randomPrefix();
  readonly redis = connectTestRedis();
  private readonly network = new Network(this.redis as never, this.clock, new Random(1));

  /** A process. */
  open(label: string) {
    const runtime = new SimulatedRuntime(this.clock, label.length);
    const connection = new SimulatedClient(this.network, label).asClient;
    bindRuntime(connection, runtime);
    return { runtime, base: { connection, prefix: this.prefix } };
  }

  /** Everything that can happen now does, but for replies to the wires that are held, and timers. */
  async settle(held: (wire: Wire) => boolean = () => false): Promise<void> {
    for (let isIdle = false; !isIdle;) {
      await new Promise((resolve) => setImmediate(resolve));
      isIdle = true;
      for (const wire of [...this.network.wires]) {
        const hasCommand = wire.hasCommand;
        const hasReply = wire.hasReply(this.clock.now) && !held(wire);
        if (hasCommand) await this.network.run(wire);
        else if (hasReply) this.network.deliver(wire);
        isIdle &&= !hasCommand && !hasReply;
      }
    }
  }

  /** Timers that are due go off as well, until `promise` settles. */
  async end(promise: Promise<unknown>, runtime: SimulatedRuntime): Promise<void> {
    let isOver = false;
    void promise.finally(() => (isOver = true));
    for (let rounds = 0; rounds < 100 && !isOver; rounds += 1) {
      await this.settle();
      if (runtime.nextDue <= this.clock.now) runtime.fire();
      else this.clock.now += 50;
    }
    await promise;
  }
}
