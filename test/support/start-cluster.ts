import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { startRedis } from '../../lib/testing/start-redis.js';

const SLOTS = 16384;

export interface TestCluster {
  /** A client of one's own: whoever opens it closes it. */
  connect(): Cluster;
  stop(): Promise<void>;
}

/** A real cluster of masters without replicas, on free ports of this machine. */
export async function startCluster(masters = 3): Promise<TestCluster> {
  const nodes = await Promise.all(
    Array.from({ length: masters }, () =>
      startRedis({ external: false, args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] }),
    ),
  );
  const clients = nodes.map(({ host, port }) => new Redis(port, host));
  const share = Math.ceil(SLOTS / masters);
  await Promise.all(
    clients.map(async (client, i) => {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1);
      await client.call('CLUSTER', 'MEET', nodes[0]!.host, nodes[0]!.port);
    }),
  );
  await Promise.all(clients.map(untilWhole));
  clients.forEach((client) => client.disconnect());
  return {
    connect: () => new Cluster(nodes.map(({ host, port }) => ({ host, port }))),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

async function untilWhole(client: Redis): Promise<void> {
  for (;;) {
    const info = String(await client.call('CLUSTER', 'INFO'));
    if (info.includes('cluster_state:ok') && info.includes(`cluster_slots_assigned:${SLOTS}`)) {
      return;
    }
    await sleep(20);
  }
}
