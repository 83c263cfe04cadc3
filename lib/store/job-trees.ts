import { decodeBody } from '../job/job-body.js';
import { plainId } from '../job/job-life.js';
import type { JobRef } from '../job/job-ref.js';
import type { CancelCall } from '../job/job-store.js';
import { retentionText } from '../job/retention.js';
import { readTree, removeBelow } from './remove-tree.js';
import type { StoreContext } from './store-context.js';
import type { QueueRef } from './store-peers.js';

/** Changes of a job that go on to the jobs below it, and up to its parent, in whatever queues they are. */
export class JobTrees {
  constructor(private readonly context: Pick<StoreContext, 'queue' | 'delivery' | 'peer'>) {}

  /** Returns ok, missing, scheduled or locked; locked also when a worker holds a job below that has to go. */
  async remove(named: string, andChildren: boolean): Promise<string> {
    const root = this.refOf(plainId(named));
    const tree = andChildren ? await readTree(this.context.peer, root) : undefined;
    if (tree?.active !== undefined) {
      return 'locked';
    }
    const { changes, delivery } = this.context.peer(root);
    const word = await delivery.settle(await changes.remove(named));
    if (word === 'ok' && tree) {
      await removeBelow(this.context.peer, root, tree, false);
    }
    return word;
  }

  /** Removes what is below a job and has not been started. */
  async removeUnprocessed(id: string): Promise<void> {
    const { peer } = this.context;
    const root = this.refOf(id);
    const tree = await readTree(peer, root);
    await removeBelow(peer, root, tree, true);
    const queues = new Set(tree.groups.map(({ queue }) => peer(queue)));
    await Promise.all([...queues].map(({ delivery }) => delivery.deliver()));
  }

  /** Returns cancelled, cancelling, unchanged, undoing, finished or missing. */
  async cancel(named: string, cancel: CancelCall): Promise<string> {
    const root = this.refOf(plainId(named));
    const { peer, delivery } = this.context;
    // Read before: a job that is not kept takes with it what says which children it has.
    const tree = cancel.children ? await readTree(peer, root) : undefined;
    const word = await peer(root).changes.cancel(named, cancel);
    for (const { queue, ids } of tree?.groups ?? []) {
      await Promise.all(ids.map((id) => this.cancelChild(queue, id, cancel)));
    }
    if (word === 'posted') {
      await delivery.deliver();
      return 'cancelled';
    }
    return word;
  }

  /** The retention is that of its own options. */
  private async cancelChild(queue: QueueRef, id: string, cancel: CancelCall): Promise<void> {
    const { inspect, changes, delivery } = this.context.peer(queue);
    const [loaded] = await inspect.loadJobs([id]);
    if (loaded) {
      const keep = retentionText(decodeBody(loaded.record.body).opts.removeOnFail);
      await changes.cancel(id, { ...cancel, keep });
      delivery.nudge(0);
    }
  }

  private refOf(id: string): JobRef {
    return { ...this.context.queue, id };
  }
}
