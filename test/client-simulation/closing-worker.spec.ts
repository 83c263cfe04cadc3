import { afterAll, expect, it } from '@jest/globals';
import { Queue, Worker } from '../../lib/engine.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { Random } from '../simulation/random.js';
import { randomPrefix } from '../support/queue-name.js';
import { connectTestRedis } from '../support/redis.js';
import { Network } from './network.js';
import { SimulatedClient } from './simulated-client.js';
import { SimulatedRuntime } from './simulated-runtime.js';
import type { Wire } from './wire.js';

const redis = connectTestRedis();

afterAll(() => redis.quit());

it('A job that comes with the last reply to a closing worker is handed back and not started', async () => {
  const clock = { now: 1_700_000_000_000 };
  const network = new Network(redis as never, clock, new Random(1));
  const prefix = randomPrefix();
  const open = (label: string) => {
    const runtime = new SimulatedRuntime(clock, label.length);
    const connection = new SimulatedClient(network, label).asClient;
    bindRuntime(connection, runtime);
    return { runtime, base: { connection, prefix } };
  };
  /** Everything that can happen now does, but for replies to the wires that are held. */
  const settle = async (held: (wire: Wire) => boolean = () => false): Promise<void> => {
    for (let isIdle = false; !isIdle;) {
      await new Promise((resolve) => setImmediate(resolve));
      isIdle = true;
      for (const wire of [...network.wires]) {
        const hasCommand = wire.hasCommand;
        const hasReply = wire.hasReply(clock.now) && !held(wire);
        if (hasCommand) await network.run(wire);
        else if (hasReply) network.deliver(wire);
        isIdle &&= !hasCommand && !hasReply;
      }
    }
  };
  const [theirs, ours] = [open('producer'), open('worker')];
  const queue = new Queue('tasks', theirs.base);
  let started = 0;
  const worker = new Worker('tasks', async () => (started += 1), { ...ours.base, closeTimeout: 100 });
  await settle();
  const added = queue.add('task', {});
  await settle(({ label }) => label === 'worker');
  await added;

  let isClosed = false;
  void worker.close().then(() => (isClosed = true));
  clock.now += 101;
  for (let fired = 0; fired < 20 && ours.runtime.nextDue <= clock.now; fired += 1) ours.runtime.fire();
  await settle(({ label }) => label === 'worker');
  expect(isClosed).toBe(false);
  await settle();

  expect({ started, isClosed }).toEqual({ started: 0, isClosed: true });
  expect(await redis.lrange(`${prefix}:{tasks}:waiting`, 0, -1)).toEqual(['1']);
  const closing = queue.close();
  await settle();
  while (theirs.runtime.nextDue <= clock.now) {
    theirs.runtime.fire();
    await settle();
  }
  await closing;
});
