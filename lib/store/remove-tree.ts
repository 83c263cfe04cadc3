import { type JobRef, queueBase, refText } from '../job/job-ref.js';
import type { PeerParts } from './store-context.js';
import type { QueueRef } from './store-peers.js';

const REMOVED_PER_CALL = 400;

/** Stores of the queues that a tree is spread over. */
type Peers = (queue: QueueRef) => Pick<PeerParts, 'children' | 'inspect'>;

/** Children of one parent that are in one queue. */
interface Group {
  parent: JobRef;
  queue: JobRef;
  ids: string[];
}

export interface FlowTree {
  groups: Group[];
  /** A job below that a worker holds. */
  active: string | undefined;
}

/** All below a job, level by level; what has another parent by now is none of it. */
export async function readTree(peer: Peers, root: JobRef): Promise<FlowTree> {
  const tree: FlowTree = { groups: [], active: undefined };
  let level = [root];
  while (level.length > 0) {
    const below: JobRef[] = [];
    for (const parent of level) {
      for (const group of await groupsOf(peer, parent)) {
        for (const ref of await readGroup(peer, group, tree)) below.push(ref);
      }
    }
    level = below;
  }
  return tree;
}

async function groupsOf(peer: Peers, parent: JobRef): Promise<Group[]> {
  const groups = new Map<string, { queue: JobRef; ids: Set<string> }>();
  let cursor = 0;
  do {
    const page = await peer(parent).children.read(parent.id, { letters: 'pcif', values: false, cursor });
    for (const { ref } of page.children) {
      const base = queueBase(ref.prefix, ref.queueName);
      const group = groups.get(base) ?? { queue: ref, ids: new Set() };
      groups.set(base, group);
      group.ids.add(ref.id);
    }
    cursor = page.cursor;
  } while (cursor !== 0);
  return [...groups.values()].map(({ queue, ids }) => ({ parent, queue, ids: [...ids] }));
}

/** Returns those of the group that have children of their own. */
async function readGroup(peer: Peers, { parent, queue, ids }: Group, tree: FlowTree): Promise<JobRef[]> {
  const own: string[] = [];
  const parents: JobRef[] = [];
  const link = refText(parent);
  const jobs = await peer(queue).inspect.loadJobs(ids);
  for (const [i, loaded] of jobs.entries()) {
    const { fields } = loaded?.record ?? {};
    if (!loaded || fields?.parent?.slice(1) !== link) {
      continue;
    }
    const id = ids[i]!;
    own.push(id);
    if (loaded.state === 'active') {
      tree.active ??= id;
    }
    if (fields.pending !== undefined) {
      parents.push({ ...queue, id });
    }
  }
  tree.groups.push({ parent, queue, ids: own });
  return parents;
}

/**
 * Removes all below a job that is gone already, or with `unfinished` what has not been started. Parents go before their
 * children, so that none is released by their end; what stays keeps its children.
 */
export async function removeBelow(
  peer: Peers,
  root: JobRef,
  { groups }: FlowTree,
  unfinished: boolean,
): Promise<void> {
  const gone = new Set([refText(root)]);
  for (const { parent, queue, ids } of groups) {
    if (!gone.has(refText(parent))) {
      continue;
    }
    for (let first = 0; first < ids.length; first += REMOVED_PER_CALL) {
      const slice = ids.slice(first, first + REMOVED_PER_CALL);
      for (const id of await peer(queue).children.remove(parent, unfinished, slice)) {
        gone.add(refText({ ...queue, id }));
      }
    }
  }
}
