import { afterAll, expect, it } from '@jest/globals';
import { Queue, Worker } from '../../lib/engine.js';
import { SmallWorld } from './small-world.js';

const world = new SmallWorld();

afterAll(() => world.redis.quit());

it('A batch whose locks are asked for takes its slot meanwhile', async () => {
  const [theirs, ours] = [world.open('producer'), world.open('worker')];
  const queue = new Queue('rows', theirs.base);
  const batches: number[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async (batch: readonly unknown[]): Promise<void> => {
    batches.push(batch.length);
    await ended;
  };
  const worker = new Worker('rows', work, { ...ours.base, batch: { size: 3 }, lockDuration: 1000 });
  await world.settle();
  const added = queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'row', data: 0 })));
  await world.settle(({ label }) => label === 'worker');
  await added;

  // Longer than their locks last, which nobody has taken yet.
  world.clock.now += 1500;
  await world.settle();
  expect(batches).toEqual([3]);

  end();
  await world.settle();
  expect(batches).toEqual([3, 2]);
  await world.end(worker.close(), ours.runtime);
  await world.end(queue.close(), theirs.runtime);
});
