import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import type { LocalRedis } from '../../lib/testing/index.js';
import { startRedis } from '../../lib/testing/start-redis.js';

const SLOTS = 16384;

export interface TestCluster {
  /** A client of one's own: whoever opens it closes it. */
  connect(): Cluster;
  readonly masters: readonly LocalRedis[];
  /** Of the masters, in their order; none unless asked for. */
  readonly replicas: readonly LocalRedis[];
  stop(): Promise<void>;
}

/** A real cluster of masters, with a replica each where asked for, on free ports of this machine. */
export async function startCluster(
  masters = 3,
  { withReplicas = false, nodeTimeoutMs = 2000 } = {},
): Promise<TestCluster> {
  const nodes = await Promise.all(
    Array.from({ length: withReplicas ? masters * 2 : masters }, () =>
      startRedis({
        external: false,
        args: [
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)],
          ...['--repl-diskless-sync-delay', '0'],
        ],
      }),
    ),
  );
  const clients = nodes.map(({ host, port }) => new Redis(port, host));
  const share = Math.ceil(SLOTS / masters);
  await Promise.all(
    clients.map(async (client, i) => {
      if (i < masters) {
        await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, SLOTS) - 1);
      }
      await client.call('CLUSTER', 'MEET', nodes[0]!.host, nodes[0]!.port);
    }),
  );
  await Promise.all(clients.map(untilWhole));
  for (const [i, replica] of clients.slice(masters).entries()) {
    await untilReplicates(replica, String(await clients[i]!.call('CLUSTER', 'MYID')));
  }
  clients.forEach((client) => client.disconnect());
  return {
    masters: nodes.slice(0, masters),
    replicas: nodes.slice(masters),
    connect: () => new Cluster(nodes.map(({ host, port }) => ({ host, port }))),
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

async function untilReplicates(replica: Redis, master: string): Promise<void> {
  // The gossip may not have reached it yet. Asking again once it has would begin the copying anew.
  while (!(await replica.call('CLUSTER', 'REPLICATE', master).catch(() => undefined))) {
    await sleep(50);
  }
  while (!String(await replica.info('replication')).includes('master_link_status:up')) {
    await sleep(50);
  }
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
