import { at } from '../at.js';
import type { Row } from '../row.js';

const LOAD = { jobsPerSecond: 150, maxWorkMs: 60, failing: 0.05, delayed: 0.1 };

export const workerKilled: Row = {
  name: 'worker-killed',
  title: 'a worker killed, again and again',
  isShort: true,
  recovery: 'jobs',
  async run(scene) {
    const redis = await scene.redis();
    await scene.begin({ address: at(redis), load: LOAD, workers: 3 });
    for (let n = 0; n < scene.times(12, 3); n += 1) {
      await scene.sleep(scene.between(500, 2000));
      await scene.killWorker();
    }
    await scene.settle();
  },
};

export const workerFrozen: Row = {
  name: 'worker-frozen',
  title: 'a worker stopped for longer than its locks last (SIGSTOP), which then writes on',
  isShort: true,
  recovery: 'jobs',
  async run(scene) {
    const redis = await scene.redis();
    await scene.begin({
      address: at(redis),
      load: { ...LOAD, jobsPerSecond: 60, maxWorkMs: 400 },
      writesLate: true,
    });
    for (let n = 0; n < scene.times(4, 1); n += 1) {
      await scene.sleep(1000);
      await scene.freezeWorker(8000);
    }
    await scene.sleep(1500);
    await scene.settle();
  },
};

export const loopBlocked: Row = {
  name: 'loop-blocked',
  title: 'the event loop of a worker held for longer than its locks last',
  recovery: 'service',
  async run(scene) {
    const redis = await scene.redis();
    await scene.begin({
      address: at(redis),
      load: { jobsPerSecond: 15, maxWorkMs: 60, blocking: 0.015, blockMs: 6500 },
      settings: { concurrency: 5 },
      workers: 3,
      writesLate: true,
    });
    await scene.sleep(scene.times(20_000, 8000));
    await scene.settle(20_000);
    const held = (await scene.notes()).filter(({ what }) => what === 'late');
    for (const { atMs } of held)
      scene.log.faults.push({ label: 'held', fromMs: atMs - 6500, healedMs: atMs });
  },
};
