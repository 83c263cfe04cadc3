import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalRedis, startRedis } from '../../lib/testing/index.js';
import { at } from '../at.js';
import type { Machine } from '../machine.js';
import { locateFaketime } from '../machine.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.3, maxDelayMs: 1500 };
const HOUR_S = 3600;
const PROBE_MS = 4000;

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

/** A server with these variables, which this process does not keep. */
async function startWith(environment: NodeJS.ProcessEnv, startTimeoutMs?: number): Promise<LocalRedis> {
  const before = new Map(Object.keys(environment).map((name) => [name, process.env[name]]));
  Object.assign(process.env, environment);
  try {
    return await startRedis({ external: false, ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }) });
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
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
  // The server gets its clock from the environment of this process.
  isAlone: true,
  title: "Redis' clock jumps by an hour, forth and back",
  async missing(machine) {
    if (machine.faketime === undefined) return missing(machine);
    // Some allocators ask for the time before that library can give it.
    const server = await startWith({ LD_PRELOAD: machine.faketime }, PROBE_MS).catch(() => undefined);
    await server?.stop();
    return server === undefined ? `${machine.server} does not run under libfaketime` : undefined;
  },
  async run(scene) {
    const { environment, set } = await openClock(scene);
    const redis = await startWith(environment);
    scene.atEnd(() => redis.stop());
    await scene.begin({ address: at(redis), load: LOAD });
    await jump(scene, set);
  },
};
