import { type JobRef, parseBase, queueBase, refText } from '../job/job-ref.js';
import type { ChildPage, ChildQuery } from '../job/job-store.js';
import { decodeGetChildrenReply } from '../job/wire.generated.js';
import type { ScriptRunner } from '../redis/script-runner.js';
import { getChildren, nextParents, removeChildren, notifyAgain } from '../redis/scripts.generated.js';
import type { Calls } from './calls.js';
import type { Delivery } from './delivery.js';

const CHILDREN_PER_PAGE = 500;
/** Scripts take the time from Redis. */
const REDIS_TIME = 0;

/** Parents of a queue, the children that they wait for, and jobs of the queue that are children: one method, one script. */
export class ChildStore {
  constructor(
    private readonly scripts: ScriptRunner,
    private readonly calls: Calls,
    private readonly delivery: Delivery,
  ) {}

  /** Some of a job's children; see `JobStore.children`. */
  async read(
    id: string,
    { letters, values, cursor, count = CHILDREN_PER_PAGE }: ChildQuery,
  ): Promise<ChildPage> {
    const args = [id, cursor, letters, values ? 1 : 0, count] as const;
    const reply = await this.calls.read(() => this.scripts.run(getChildren, args));
    const page = decodeGetChildrenReply(reply);
    // Most are in one queue.
    let base = '';
    let queue = { prefix: '', queueName: '' };
    const children = page.children.map(({ ref, value }) => {
      const at = ref.indexOf('\t');
      if (at !== base.length || !ref.startsWith(base)) {
        base = ref.slice(0, at);
        queue = parseBase(base);
      }
      const { prefix, queueName } = queue;
      return {
        ref: { prefix, queueName, id: ref.slice(at + 1) },
        letter: value[0]!,
        payload: value.slice(1),
      };
    });
    return { cursor: page.cursor, children };
  }

  /** All children that a job has, by their texts. */
  async refs(id: string): Promise<Set<string>> {
    const refs = new Set<string>();
    let cursor = 0;
    do {
      const page = await this.read(id, { letters: 'pcif', values: false, cursor });
      page.children.forEach(({ ref }) => refs.add(refText(ref)));
      cursor = page.cursor;
    } while (cursor !== 0);
    return refs;
  }

  /**
   * Removes jobs of this queue that are children of that parent, those that have not been started or all. Returns the ids that were
   * removed.
   */
  async remove(parent: JobRef, unfinished: boolean, ids: readonly string[]): Promise<string[]> {
    const args = [REDIS_TIME, refText(parent), unfinished ? 1 : 0] as const;
    return (await this.calls.repeatable(() => this.scripts.run(removeChildren, args, ids))) as string[];
  }

  /** Has children that have ended notify their parent again. Returns how many did. */
  async notifyAgain(parent: JobRef, ids: readonly string[]): Promise<number> {
    const args = [REDIS_TIME, queueBase(parent.prefix, parent.queueName), parent.id] as const;
    const sent = (await this.calls.repeatable(() => this.scripts.run(notifyAgain, args, ids))) as number;
    if (sent > 0) {
      this.delivery.nudge(0);
    }
    return sent;
  }

  /** Parents whose children are to be looked after; none while another process has had some within the interval. */
  nextParents(count: number, intervalMs: number): Promise<string[]> {
    const args = [REDIS_TIME, count, intervalMs] as const;
    return this.calls.repeatable(() => this.scripts.run(nextParents, args)) as Promise<string[]>;
  }
}
