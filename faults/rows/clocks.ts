import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../at.js';
import type { Machine } from '../machine.js';
import { locateFaketime } from '../machine.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.3, maxDelayMs: 1500 };
const HOUR_S = 3600;

const missing = ({ faketime }: Machine): string | undefined =>
  faketime === undefined ? 'libfaketime is not installed' : undefined;

/** A clock for other processes, which jumps as one sets it. */
async function openClock(scene: Scene): Promise<{
  environment: NodeJS.ProcessEnv;
  set: (seconds: number) => Promise<void>;
}> {
  const file = join(scene.folder, 'clock');
  const set = (seconds: number): Promise<void> => writeFile(file, `${seconds >= 0 ? '+' : ''}${seconds}`);
  await set(0);
  const environment = {
    LD_PRELOAD: (await locateFaketime())!,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Nobody sets that clock, and the ledgers are kept by it.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  return { environment, set };
}

async function jump(scene: Scene, set: (seconds: number) => Promise<void>): Promise<void> {
  for (const hours of scene.isShort ? [1, 0] : [1, 0, -1, 0, 24, 0]) {
    await scene.sleep(2000);
    await scene.fault('jump', () => set(hours * HOUR_S));
  }
  await scene.sleep(1000);
  await scene.settle();
}

export const workerClocks: Row = {
  name: 'worker-clocks',
  title: "the workers' clocks jump by an hour, forth and back",
  missing,
  async run(scene) {
    const { environment, set } = await openClock(scene);
    const redis = await scene.redis();
    await scene.begin({ address: at(redis), load: LOAD, environment });
    await jump(scene, set);
  },
};

export const serverClock: Row = {
  name: 'server-clock',
  title: "Redis' clock jumps by an hour, forth and back",
  missing,
  async run(scene) {
    const { environment, set } = await openClock(scene);
    const before = { ...process.env };
    Object.assign(process.env, environment);
    const redis = await scene.redis().finally(() => {
      for (const name of Object.keys(environment)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    });
    await scene.begin({ address: at(redis), load: LOAD });
    await jump(scene, set);
  },
};
