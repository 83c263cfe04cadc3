import { Failover } from '../../test/support/failover.js';
import { MASTER_NAME, startSentinel, untilAgreed } from '../../test/support/start-sentinels.js';
import { at } from '../at.js';
import type { Note } from '../ledger.js';
import { percentiles, type Percentiles } from '../percentiles.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };
const PATIENCE_MS = 30_000;

async function promoteAgain(scene: Scene, waitsForReplica: boolean): Promise<void> {
  const redis = await Failover.open();
  scene.atEnd(() => redis.close());
  const { hostname: host, port } = new URL(redis.url);
  await scene.begin({ address: at({ host, port: Number(port) }), load: LOAD, waitsForReplica });
  for (let n = 0; n < scene.times(8, 2); n += 1) {
    await scene.sleep(scene.between(500, 1500));
    await scene.fault('promote', async () => {
      scene.lose();
      redis.cutReplication();
      await scene.sleep(scene.between(30, 300));
      await redis.promote();
      scene.lose();
    });
    await scene.sleep(500);
    await redis.heal();
  }
  await scene.settle();
  const { p50, p99 } = addTimes(await scene.notes());
  scene.remarks.push(`adds answered in ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} ms (p99)`);
}

function addTimes(notes: readonly Note[]): Percentiles {
  const began = new Map(notes.filter(({ what }) => what === 'add').map(({ key, atMs }) => [key, atMs]));
  const answered = notes.filter(({ what }) => what === 'ok');
  return percentiles(answered.map(({ key, atMs }) => atMs - began.get(key)!));
}

export const replicaPromoted: Row = {
  name: 'replica-promoted',
  title: 'a replica promoted that lags behind',
  serverLoses: true,
  isShort: true,
  run: (scene) => promoteAgain(scene, false),
};

export const replicaAwaited: Row = {
  name: 'replica-awaited',
  title: 'the same, with adds that wait for the replica (durability)',
  leavesOut: { bullmq: 'it has no such option' },
  run: (scene) => promoteAgain(scene, true),
};

export const sentinel: Row = {
  name: 'sentinel',
  title: 'a master killed, sentinels promote its replica; the first sentinel asked is wrong',
  serverLoses: true,
  async run(scene) {
    const args = ['--repl-diskless-sync-delay', '0'];
    const past = await scene.redis();
    let master = await scene.redis({ args });
    let replica = await scene.redis({ args: [...args, '--replicaof', master.host, String(master.port)] });
    // It names a server that is dead, and agrees with nobody.
    const wrong = await startSentinel(past.port, 2);
    scene.atEnd(() => wrong.stop());
    await past.kill();
    const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(master.port, 2)));
    for (const each of sentinels) scene.atEnd(() => each.stop());
    await untilAgreed(sentinels);
    const asked = [wrong, ...sentinels].map(({ host, port }) => ({ host, port }));
    await scene.begin({ address: { kind: 'sentinels', sentinels: asked, name: MASTER_NAME }, load: LOAD });
    for (let n = 0; n < scene.times(3, 1); n += 1) {
      await scene.sleep(1500);
      await scene.fault('kill', async () => {
        scene.lose();
        await master.kill();
        const deadline = performance.now() + PATIENCE_MS;
        for (const each of sentinels) {
          while ((await each.masterPort()) !== replica.port) {
            if (performance.now() > deadline) throw new Error('The sentinels promote no replica.');
            await scene.sleep(50);
          }
        }
      });
      await scene.sleep(1500);
      await master.restart();
      // The sentinels make it a replica of the new one, and only then is there one to promote.
      await scene.sleep(3000);
      await untilAgreed(sentinels);
      [master, replica] = [replica, master];
    }
    await scene.settle();
  },
};
