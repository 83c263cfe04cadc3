import { type JobRef, queueBase } from '../job/job-ref.js';
import type { QueueStore } from './queue-store.js';

const PARENTS = 20;
/** Pages of children, some hundred each, that one look reads at most; it goes on where it stopped. */
const PAGES = 20;
const TOLD_PER_CALL = 500;

/**
 * Looks after parents that wait: their children that have ended notify them again. Messages make that needless, unless a
 * server has lost what both sides knew of one.
 */
export class ParentCare {
  private pending: { id: string; cursor: number }[] = [];

  constructor(private readonly store: QueueStore) {}

  /** One look, of a bounded number of calls. */
  async look(intervalMs: number): Promise<void> {
    if (this.pending.length === 0) {
      const ids = await this.store.children.nextParents(PARENTS, intervalMs);
      this.pending = ids.map((id) => ({ id, cursor: 0 }));
    }
    for (let pages = 0; pages < PAGES && this.pending.length > 0; pages += 1) {
      const parent = this.pending[0]!;
      this.pending.shift();
      const page = await this.store.children.read(parent.id, {
        letters: 'p',
        values: false,
        cursor: parent.cursor,
      });
      await this.askChildren(
        parent.id,
        page.children.map(({ ref }) => ref),
      );
      // One that cannot be asked about has its turn again later, and keeps none of the others waiting.
      if (page.cursor !== 0) {
        this.pending.unshift({ ...parent, cursor: page.cursor });
      }
    }
  }

  private async askChildren(id: string, refs: readonly JobRef[]): Promise<void> {
    const { prefix, queueName } = this.store;
    const queues = new Map<string, { queue: QueueStore; ids: string[] }>();
    for (const ref of refs) {
      const base = queueBase(ref.prefix, ref.queueName);
      const known = queues.get(base) ?? { queue: this.store.peer(ref), ids: [] };
      queues.set(base, known);
      known.ids.push(ref.id);
    }
    for (const { queue, ids } of queues.values()) {
      for (let first = 0; first < ids.length; first += TOLD_PER_CALL) {
        await queue.children.notifyAgain({ prefix, queueName, id }, ids.slice(first, first + TOLD_PER_CALL));
      }
    }
  }
}
