import type { Redis } from 'ioredis';

/** Slots of a cluster as its nodes see them. */
export type Node = { id: string; port: number; client: Redis };

export async function describeNodes(
  clients: readonly Redis[],
): Promise<(Node & { isMaster: boolean; masterId: string })[]> {
  return Promise.all(
    clients.map(async (client) => {
      const nodes = String(await client.call('CLUSTER', 'NODES'));
      const [id, address, flags, masterId] = nodes
        .split('\n')
        .find((line) => line.includes('myself'))!
        .split(' ');
      const port = Number(/:(\d+)@/.exec(address!)![1]);
      return { id: id!, port, client, isMaster: flags!.includes('master'), masterId: masterId! };
    }),
  );
}

/** The port of the master that has the slot, as this node knows. */
export async function ownerPort(client: Redis, slot: number): Promise<number> {
  const ranges = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  return ranges.find(([first, last]) => first <= slot && slot <= last)![2][1];
}

/** Moves a slot to another master while it is used, a few keys at a time, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  slot: number,
  from: Node,
  to: Node,
  masters: readonly Node[],
  pauseMs: () => Promise<void>,
): Promise<number> {
  await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
  await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  let moved = 0;
  for (;;) {
    const keys = (await from.client.call('CLUSTER', 'GETKEYSINSLOT', slot, 20)) as string[];
    if (keys.length === 0) break;
    await from.client.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys);
    moved += keys.length;
    await pauseMs();
  }
  // First the one that gets it, then the one that gives it away; the others would learn of it by themselves.
  const rest = masters.filter(({ id }) => id !== to.id && id !== from.id);
  for (const { client } of [to, from, ...rest]) await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
  return moved;
}

/** How a server moves a slot as a whole, where it can: Valkey from 9.0, Redis from 8.4. */
export async function atomicMove(client: Redis): Promise<'MIGRATESLOTS' | 'MIGRATION' | undefined> {
  const help = ((await client.call('CLUSTER', 'HELP')) as string[]).join('\n');
  if (help.includes('MIGRATESLOTS')) return 'MIGRATESLOTS';
  return /^MIGRATION\b/m.test(help) ? 'MIGRATION' : undefined;
}

/** Moves a slot as a whole to another master while it is used. Resolves when that owns it. */
export async function moveSlotWhole(slot: number, from: Node, to: Node): Promise<void> {
  const how = await atomicMove(from.client);
  if (how === 'MIGRATESLOTS') {
    await from.client.call('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', to.id);
  } else await to.client.call('CLUSTER', 'MIGRATION', 'IMPORT', slot, slot);
}
