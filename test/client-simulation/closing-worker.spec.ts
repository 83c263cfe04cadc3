import { afterAll, expect, it } from '@jest/globals';
import { Queue, Worker } from '../../lib/engine.js';
import { SmallWorld } from './small-world.js';

const world = new SmallWorld();
const { clock, prefix, redis } = world;

afterAll(() => redis.quit());

it('A job that comes with the last reply to a closing worker is handed back and not started', async () => {
  const [theirs, ours] = [world.open('producer'), world.open('worker')];
  const queue = new Queue('tasks', theirs.base);
  let started = 0;
  const worker = new Worker('tasks', async () => (started += 1), { ...ours.base, closeTimeout: 100 });
  await world.settle();
  const added = queue.add('task', {});
  await world.settle(({ label }) => label === 'worker');
  await added;

  let isClosed = false;
  void worker.close().then(() => (isClosed = true));
  clock.now += 101;
  for (let fired = 0; fired < 20 && ours.runtime.nextDue <= clock.now; fired += 1) ours.runtime.fire();
  await world.settle(({ label }) => label === 'worker');
  expect(isClosed).toBe(false);
  await world.settle();

  expect({ started, isClosed }).toEqual({ started: 0, isClosed: true });
  expect(await redis.lrange(`${prefix}:{tasks}:waiting`, 0, -1)).toEqual(['1']);
  await world.end(queue.close(), theirs.runtime);
});
