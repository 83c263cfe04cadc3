import { at } from '../at.js';
import { machineMs, type Note } from '../ledger.js';
import type { Row } from '../row.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };
const CLOSE_MS = 30_000;
/** What the adds of a minute may take, at 2 kB each: all of them would be 24 MB, and a process has about 100 MiB anyway. */
const OUTAGE_BYTES = 400 * 2 ** 20;

export const outage: Row = {
  name: 'outage',
  title: 'Redis away for 60 s while the application goes on adding',
  async run(scene) {
    const redis = await scene.redis({ appendOnly: 'always' });
    await scene.begin({ address: at(redis), load: { ...LOAD, padBytes: 2000 } });
    await scene.sleep(2000);
    await scene.fault('outage', async () => {
      await redis.kill();
      await scene.sleep(scene.times(60_000, 10_000));
      await redis.restart();
    });
    await scene.sleep(3000);
    await scene.settle(25_000);
    const kinds = new Map<string, number>();
    for (const { what, detail } of await scene.notes()) {
      if (what !== 'no' && what !== 'unknown') continue;
      const kind = detail.split(':')[0]!;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    scene.remarks.push([...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', '));
  },
  judge: ({ jobs, answered, refused, unknown }, scene) => [
    ...(jobs > answered + refused + unknown
      ? [`${jobs - answered - refused - unknown} adds had no outcome`]
      : []),
    ...(scene.peakBytes > OUTAGE_BYTES ? [`${Math.round(scene.peakBytes / 2 ** 20)} MiB of memory`] : []),
  ],
};

export const shutdownGone: Row = {
  name: 'shutdown-gone',
  title: 'workers and producer asked to close under load while Redis is gone',
  async run(scene) {
    const redis = await scene.redis({ appendOnly: 'always' });
    await scene.begin({ address: at(redis), load: { ...LOAD, maxWorkMs: 300 } });
    await scene.sleep(3000);
    await redis.kill();
    await scene.fault('close', async () => {
      const fromMs = machineMs();
      const asked = [scene.producer!, ...scene.workers.splice(0)];
      const isEnded = await Promise.all(asked.map((each) => each.end(CLOSE_MS)));
      const late = isEnded.filter((each) => !each).length;
      scene.remarks.push(
        late === 0
          ? `closed after ${((machineMs() - fromMs) / 1000).toFixed(1)} s`
          : `${late} of ${isEnded.length} processes had not closed after ${CLOSE_MS / 1000} s`,
      );
      // What they ran is run again by others: they have ended, whether by themselves or not.
      for (const { pid } of asked) scene.log.killed.push({ pid, atMs: machineMs() });
      await redis.restart();
    });
    await scene.addWorker();
    await scene.settle();
  },
  judge: (_verdict, scene) => scene.remarks.filter((text) => text.includes('had not closed')),
};

export const retryStorm: Row = {
  name: 'retry-storm',
  title: 'every job fails once, and is tried again',
  isAlone: true,
  async run(scene) {
    const redis = await scene.redis();
    const count = scene.times(10_000, 2000);
    await scene.begin({ address: at(redis), load: { jobsPerSecond: 2000, maxWorkMs: 2, failing: 1, count } });
    await scene.producer!.ended(60_000);
    await scene.settle(20_000);
  },
};

/** Jobs that show how many a second this machine is through with, and for how long it may be at those that are due. */
const PROBED = 5000;
const DRAIN_S = 100;

function paceOf(notes: readonly Note[]): number {
  const times = notes.filter(({ what }) => what === 'start' || what === 'end').map(({ atMs }) => atMs);
  const span = times.reduce((last, atMs) => Math.max(last, atMs), 0) - times.reduce((a, b) => Math.min(a, b));
  return (PROBED * 1000) / Math.max(1, span);
}

export const dueAtOnce: Row = {
  name: 'due-at-once',
  title: 'a million delayed jobs, or as many as the machine runs in 100 s, due at the same moment',
  isAlone: true,
  atMostMs: 600_000,
  async run(scene) {
    const redis = await scene.redis();
    const client = scene.client(redis);
    const dueMs = scene.times(100_000, 20_000);
    await client.config('SET', 'slowlog-log-slower-than', 10_000);
    const some = { jobsPerSecond: 50_000, maxWorkMs: 0, maxOpen: 5000 };
    await scene.begin({
      address: at(redis),
      load: { ...some, count: PROBED },
      settings: { concurrency: 200, lockMs: 30_000 },
      listens: false,
    });
    await scene.producer!.ended(120_000);
    await scene.settle();
    // A million, or as many as this machine is through with in the time that there is.
    const most = scene.times(1_000_000, 10_000);
    const count = Math.min(most, Math.round(paceOf(await scene.notes()) * DRAIN_S));
    const fromMs = machineMs();
    await scene.addProducer({ ...some, count, firstKey: PROBED, dueMs, addsForMs: dueMs * 0.9 });
    await scene.producer!.ended(dueMs * 2);
    await scene.sleep(Math.max(0, fromMs + dueMs - machineMs()));
    await scene.settle(300_000);
    const ends = (await scene.notes())
      .filter(({ what, key }) => what === 'end' && key >= PROBED)
      .map(({ atMs }) => atMs);
    const due = fromMs + dueMs;
    const last = ends.reduce((latest, atMs) => Math.max(latest, atMs), 0);
    const slowest = ((await client.call('SLOWLOG', 'GET', 100)) as [number, number, number][])
      .map(([, , micros]) => micros)
      .reduce((longest, micros) => Math.max(longest, micros), 0);
    scene.remarks.push(
      `${ends.length} done ${((last - due) / 1000).toFixed(1)} s after they were due`,
      slowest === 0 ? 'no script over 10 ms' : `longest script ${Math.round(slowest / 1000)} ms`,
    );
  },
};

export const fuzz: Row = {
  name: 'fuzz',
  title: '100,000 jobs with names, ids and data of all kinds',
  isAlone: true,
  atMostMs: 600_000,
  async run(scene) {
    const redis = await scene.redis();
    const count = scene.times(100_000, 3000);
    await scene.begin({
      address: at(redis),
      load: { jobsPerSecond: 10_000, maxWorkMs: 0, count, fuzzes: true, maxOpen: 5000 },
      settings: { concurrency: 50, lockMs: 30_000 },
    });
    await scene.producer!.ended(400_000);
    await scene.settle(20_000);
    const changed = (await scene.notes()).filter(
      ({ what, detail }) => what === 'error' && detail.startsWith('VALUE'),
    ).length;
    if (changed > 0) scene.remarks.push(`${changed} values changed`);
  },
  judge: (_verdict, scene) => scene.remarks.filter((text) => text.includes('values changed')),
};
