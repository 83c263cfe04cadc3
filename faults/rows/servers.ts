import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalRedis, StartRedisOptions } from '../../lib/testing/index.js';
import { at } from '../at.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 300, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };

/** Redis is killed again and again, and started again with whatever is on the disk. */
async function killAgain(
  scene: Scene,
  options: StartRedisOptions,
  {
    loses,
    before,
    between,
  }: {
    loses: boolean;
    /** Done while it runs, before it is killed. */
    before?: (redis: LocalRedis) => Promise<unknown>;
    /** Done while it is down. */
    between?: (folder: string) => Promise<unknown>;
  },
): Promise<void> {
  const redis = await scene.redis(options);
  const client = scene.client(redis);
  await scene.begin({ address: at(redis), load: LOAD });
  for (let n = 0; n < scene.times(5, 2); n += 1) {
    await scene.sleep(scene.between(800, 2000));
    await before?.(redis);
    const [, folder] = (await client.config('GET', 'dir')) as [string, string];
    await scene.fault('kill', async () => {
      await redis.kill();
      if (loses) scene.lose();
      await between?.(folder);
      await scene.sleep(scene.between(100, 1000));
      await redis.restart();
    });
  }
  await scene.sleep(1500);
  await scene.settle();
}

export const killedAlways: Row = {
  name: 'redis-killed-always',
  title: 'Redis killed; AOF, synced always',
  isShort: true,
  run: (scene) => killAgain(scene, { appendOnly: 'always' }, { loses: false }),
};

export const killedEverysec: Row = {
  name: 'redis-killed-everysec',
  title: 'Redis killed; AOF, synced each second',
  serverLoses: true,
  run: (scene) => killAgain(scene, { appendOnly: 'everysec' }, { loses: true }),
};

export const tornTail: Row = {
  name: 'torn-tail',
  title: 'Redis killed, and the end of its AOF torn off',
  serverLoses: true,
  run: (scene) =>
    killAgain(
      scene,
      { appendOnly: 'always' },
      {
        loses: true,
        between: (folder) => tearTail(join(folder, 'appendonlydir'), 1000 + scene.pick(20_000)),
      },
    ),
};

export const oldSnapshot: Row = {
  name: 'old-snapshot',
  title: 'Redis killed, and a snapshot of two seconds ago restored',
  serverLoses: true,
  run: (scene) =>
    killAgain(
      scene,
      {},
      {
        loses: true,
        before: async (redis) => {
          await scene.client(redis).save();
          // What was answered since is not in it.
          scene.lose();
          await scene.sleep(2000);
        },
      },
    ),
};

export const emptyServer: Row = {
  name: 'empty-server',
  title: 'Redis killed, and an empty one in its place',
  serverLoses: true,
  isShort: true,
  run: (scene) => killAgain(scene, {}, { loses: true }),
};

async function tearTail(folder: string, bytes: number): Promise<void> {
  const parts = (await readdir(folder)).filter((name) => name.includes('.incr.')).sort();
  const file = await open(join(folder, parts.at(-1)!), 'r+');
  const { size } = await file.stat();
  await file.truncate(Math.max(0, size - bytes));
  await file.close();
}
