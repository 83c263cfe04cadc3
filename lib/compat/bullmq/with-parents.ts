import type { QueueStore } from '../../store/queue-store.js';

const ALL = { start: 0, stop: -1, descending: false };
/** Parents that are looked into at a time. */
const AT_A_TIME = 100;

/**
 * Does a removal of jobs that wait, and takes the parents in the same queue with them that have no child left to wait for, as
 * BullMQ does. A parent that a child let go on by its end stays.
 */
export async function withParents<T>(store: QueueStore, removal: () => Promise<T>): Promise<T> {
  const parents = await store.inspect.listJobs(['waiting-children'], ALL);
  const before = await endedBelow(store, parents);
  const result = await removal();
  for (let left = parents, removed = 1; removed > 0 && left.length > 0;) {
    const { released, waiting } = await look(store, left);
    const now = await endedBelow(store, released);
    const bereft = released.filter((id) => now.get(id) === before.get(id));
    for (const id of bereft) {
      await store.jobs.removeJob(id, false);
    }
    // One that goes may be the last child of another.
    removed = bereft.length;
    left = waiting;
  }
  return result;
}

async function look(
  store: QueueStore,
  ids: readonly string[],
): Promise<{ released: string[]; waiting: string[] }> {
  const states = (await store.inspect.loadJobs(ids)).map((job) => job?.state);
  return {
    released: ids.filter((_, i) => ['waiting', 'prioritized', 'delayed'].includes(states[i] ?? '')),
    waiting: ids.filter((_, i) => states[i] === 'waiting-children'),
  };
}

/** How many children of each have come to an end. */
async function endedBelow(store: QueueStore, ids: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let first = 0; first < ids.length; first += AT_A_TIME) {
    const slice = ids.slice(first, first + AT_A_TIME);
    await Promise.all(slice.map(async (id) => counts.set(id, await endedOf(store, id))));
  }
  return counts;
}

async function endedOf(store: QueueStore, id: string): Promise<number> {
  let ended = 0;
  let cursor = 0;
  do {
    const page = await store.children.read(id, { letters: 'cif', values: false, cursor });
    ended += page.children.length;
    cursor = page.cursor;
  } while (cursor !== 0);
  return ended;
}
