import { Redis } from 'ioredis';
import { startCluster, type TestCluster } from '../../test/support/start-cluster.js';
import { startRedis } from '../../lib/testing/index.js';
import { machineMs, type Note } from '../ledger.js';
import type { Row } from '../row.js';
import type { Scene } from '../scene.js';
import { CHILD_KEYS } from '../systems/system.js';
import { atomicMove, describeNodes, moveSlot, moveSlotWhole, type Node, ownerPort } from '../slots.js';

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

/** The slot of the queue goes from master to master. Returns what the moves returned. */
async function moveAround<T>(
  scene: Scene,
  move: (slot: number, from: Node, to: Node, masters: readonly Node[]) => Promise<T>,
): Promise<T[]> {
  const { clients, slot } = await beginOnCluster(scene);
  const moves: T[] = [];
  for (let n = 0; n < scene.times(4, 1); n += 1) {
    await scene.sleep(1500);
    const masters = (await describeNodes(clients)).filter(({ isMaster }) => isMaster);
    const port = await ownerPort(clients[0]!, slot);
    const from = masters.find((node) => node.port === port)!;
    const to = masters.filter((node) => node !== from)[scene.pick(2)]!;
    await scene.fault('move', async () => void moves.push(await move(slot, from, to, masters)));
  }
  await scene.sleep(1000);
  await scene.settle();
  return moves;
}

export const slotMoved: Row = {
  name: 'slot-moved',
  title: "the queue's slot moved to another master under load, key by key",
  async run(scene) {
    const moves = await moveAround(scene, (slot, from, to, masters) =>
      moveSlot(slot, from, to, masters, () => scene.sleep(1)),
    );
    scene.remarks.push(`${moves.reduce((sum, count) => sum + count, 0)} keys moved`);
  },
};

export const slotMovedWhole: Row = {
  name: 'slot-moved-whole',
  title: "the queue's slot moved to another master under load, as a whole by the server",
  async missing(machine) {
    const server = await startRedis({ external: false, args: ['--cluster-enabled', 'yes'] });
    const client = new Redis(server.port, server.host);
    const how = await atomicMove(client);
    client.disconnect();
    await server.stop();
    return how === undefined ? `${machine.server} cannot; Valkey 9.0 and Redis 8.4 can` : undefined;
  },
  async run(scene) {
    await moveAround(scene, async (slot, from, to) => {
      await moveSlotWhole(slot, from, to);
      await until(scene, 'moved', async () => (await ownerPort(from.client, slot)) === to.port);
    });
  },
};

/** How many jobs with a child in the queue that is within reach end before the other is. */
const MEANWHILE = 300;
const AWAY_MS = 12_000;

export const targetAway: Row = {
  name: 'target-away',
  title: 'one of the queues that jobs have children in is out of reach; those of the other go on',
  leavesOut: { bullmq: 'its flows keep to one slot of a cluster' },
  async run(scene) {
    const cluster = await startCluster(3);
    scene.atEnd(() => cluster.stop());
    const nodes = cluster.masters.map(({ host, port }) => ({ host, port }));
    const clients = nodes.map((node) => scene.client(node));
    // A part of the cluster may be away without all of it being so.
    for (const client of clients) await client.config('SET', 'cluster-require-full-coverage', 'no');
    const [near, far] = await namesElsewhere(clients, nodes);
    await scene.begin({
      address: { kind: 'cluster', nodes },
      load: { ...LOAD, jobsPerSecond: 80, failing: 0, delayed: 0, childQueues: [near.name, far.name] },
      otherQueues: [near.name, far.name],
    });
    const away = cluster.masters.find(({ port }) => port === far.port)!;
    let ended = 0;
    for (let n = 0; n < scene.times(2, 1); n += 1) {
      await scene.sleep(2000);
      await scene.fault('away', async () => {
        const fromMs = machineMs();
        await away.kill('SIGSTOP');
        await scene.sleep(AWAY_MS);
        await until(scene, 'of use while one master is away', async () => {
          ended = endedSince(await scene.notes(), fromMs);
          return ended >= MEANWHILE;
        });
        await away.kill('SIGCONT');
      });
    }
    scene.remarks.push(`${ended} jobs with a child in the other queue went on meanwhile`);
    await scene.sleep(1000);
    await scene.settle();
  },
};

/** Two names of queues, each on another master than the load's and than each other. */
async function namesElsewhere(
  clients: readonly Redis[],
  nodes: readonly { port: number }[],
): Promise<[{ name: string; port: number }, { name: string; port: number }]> {
  const portOf = async (key: string): Promise<number> =>
    ownerPort(clients[0]!, Number(await clients[0]!.call('CLUSTER', 'KEYSLOT', key)));
  const home = await portOf(A_KEY['stepwell']!);
  const found = new Map<number, { name: string; port: number }>();
  for (let n = 0; found.size < nodes.length - 1; n += 1) {
    const port = await portOf(`faults:{other-${n}}:meta`);
    if (port !== home && !found.has(port)) found.set(port, { name: `other-${n}`, port });
  }
  const [near, far] = [...found.values()];
  return [near!, far!];
}

/** Jobs with a child in the first of the two queues that were added and ended since. */
function endedSince(notes: readonly Note[], fromMs: number): number {
  const isNear = ({ key, atMs }: Note): boolean => key < CHILD_KEYS && key % 2 === 0 && atMs > fromMs;
  const added = new Set(notes.filter((note) => note.what === 'add' && isNear(note)).map(({ key }) => key));
  return notes.filter((note) => note.what === 'end' && added.has(note.key)).length;
}
