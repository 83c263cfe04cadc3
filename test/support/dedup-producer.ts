// Adds deduplicated jobs in a process of its own: run by a `Fleet`, which compiles it, with its orders as the only
// argument. Sends how many of its adds were stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, type QueueOptions } from '../../lib/engine.js';
import { dedupOptions } from './dedup-options.js';

export interface DedupProducerOrders {
  queue: string;
  options: QueueOptions;
  /** Where the jobs count from. */
  first: number;
  adds: number;
  /** How many are under way at once; after each lot it rests a little. */
  window: number;
  pauseMs: number;
  ids: number;
}

export interface Produced {
  added: number;
  stopped: number;
}

async function produce(orders: DedupProducerOrders): Promise<Produced> {
  const { first, adds, window, pauseMs, ids } = orders;
  const queue = new Queue(orders.queue, orders.options);
  const produced: Produced = { added: 0, stopped: 0 };
  for (let from = first; from < first + adds; from += window) {
    const count = Math.min(window, first + adds - from);
    const jobs = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const n = (from + i) % ids;
        // Some take a while, some fail at first, some fail for good.
        const failures = (from + i) % 97 === 0 ? 3 : (from + i) % 11 === 0 ? 1 : 0;
        const data = { ms: (from + i) % 15, failures };
        return queue.add(`house-${n}`, data, dedupOptions(n));
      }),
    );
    const stopped = jobs.filter(({ deduplicated }) => deduplicated).length;
    produced.stopped += stopped;
    produced.added += count - stopped;
    await sleep(pauseMs);
  }
  await queue.close();
  return produced;
}

void produce(JSON.parse(process.argv[2] ?? '') as DedupProducerOrders).then((produced) => {
  process.send?.(produced, () => process.disconnect());
});
