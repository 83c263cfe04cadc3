import { Redis } from 'ioredis';
import { startCluster, type TestCluster } from '../../test/support/start-cluster.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';
import { describeNodes, moveSlot, ownerPort } from '../slots.js';

const LOAD = { jobsPerSecond: 200, maxWorkMs: 20, failing: 0.05, delayed: 0.1 };
const PATIENCE_MS = 30_000;
/** A key of the load's queue, whose slot is that of all of them. */
const A_KEY: Readonly<Record<string, string>> = {
  stepwell: 'faults:{load}:meta',
  bullmq: '{faults}:load:meta',
};

/** A cluster of three masters and their replicas, with the load's queue on it. */
async function beginOnCluster(
  scene: Scene,
): Promise<{ cluster: TestCluster; clients: Redis[]; slot: number }> {
  const cluster = await startCluster(3, { withReplicas: true, nodeTimeoutMs: 2000 });
  scene.atEnd(() => cluster.stop());
  const nodes = [...cluster.masters, ...cluster.replicas].map(({ host, port }) => ({ host, port }));
  const clients = nodes.map((node) => scene.client(node));
  const slot = Number(await clients[0]!.call('CLUSTER', 'KEYSLOT', A_KEY[scene.system.name]!));
  await scene.begin({ address: { kind: 'cluster', nodes }, load: LOAD });
  return { cluster, clients, slot };
}

async function until(scene: Scene, what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; !(await isSo()); await scene.sleep(50)) {
    if (performance.now() > deadline) throw new Error(`The cluster is not ${what}.`);
  }
}

export const clusterKilled: Row = {
  name: 'cluster-killed',
  title: 'the master of the queue killed in a cluster of 3 + 3',
  serverLoses: true,
  async run(scene) {
    const { cluster, clients, slot } = await beginOnCluster(scene);
    const servers = [...cluster.masters, ...cluster.replicas];
    for (let n = 0; n < scene.times(3, 1); n += 1) {
      await scene.sleep(2000);
      const alive = clients.find((_, i) => servers[i]!.pid !== undefined)!;
      const port = await ownerPort(alive, slot);
      const index = servers.findIndex((server) => server.port === port);
      const witness = clients[(index + 1) % 3]!;
      await scene.fault('kill', async () => {
        scene.lose();
        await servers[index]!.kill();
        await until(scene, 'whole again', async () => (await ownerPort(witness, slot)) !== port);
      });
      await scene.sleep(1000);
      await servers[index]!.restart();
      await until(scene, 'replicated', async () =>
        String(await clients[index]!.info('replication')).includes('master_link_status:up'),
      );
    }
    await scene.sleep(1000);
    await scene.settle();
  },
};

export const clusterFailover: Row = {
  name: 'cluster-failover',
  title: 'the master of the queue swapped with its replica (CLUSTER FAILOVER)',
  async run(scene) {
    const { clients, slot } = await beginOnCluster(scene);
    for (let n = 0; n < scene.times(5, 1); n += 1) {
      await scene.sleep(1500);
      const nodes = await describeNodes(clients);
      const port = await ownerPort(clients[0]!, slot);
      const master = nodes.find((node) => node.port === port)!;
      const replica = nodes.find(({ masterId }) => masterId === master.id)!;
      await scene.fault('failover', async () => {
        await replica.client.call('CLUSTER', 'FAILOVER');
        await until(
          scene,
          'handed over',
          async () => (await ownerPort(replica.client, slot)) === replica.port,
        );
      });
    }
    await scene.sleep(1000);
    await scene.settle();
  },
};

export const slotMoved: Row = {
  name: 'slot-moved',
  title: "the queue's slot moved to another master under load, key by key",
  async run(scene) {
    const { clients, slot } = await beginOnCluster(scene);
    let moved = 0;
    for (let n = 0; n < scene.times(4, 1); n += 1) {
      await scene.sleep(1500);
      const masters = (await describeNodes(clients)).filter(({ isMaster }) => isMaster);
      const port = await ownerPort(clients[0]!, slot);
      const from = masters.find((node) => node.port === port)!;
      const to = masters.filter((node) => node !== from)[scene.pick(2)]!;
      await scene.fault('move', async () => {
        moved += await moveSlot(slot, from, to, masters, () => scene.sleep(1));
      });
    }
    scene.remarks.push(`${moved} keys moved`);
    await scene.sleep(1000);
    await scene.settle();
  },
};
