// An instance of an application with job schedulers, in a process of its own: started by fleet.ts, which compiles it. It upserts them
// when told to, and then works.
import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
import { Queue, type RepeatOptions, Worker, type WorkerOptions } from '../../lib/engine.js';

export interface SchedulerOrders {
  queue: string;
  /** File that each run is written to before anything else happens. */
  ledger: string;
  options: WorkerOptions;
  schedulers: Record<string, RepeatOptions>;
}

const { queue: name, ledger, options, schedulers } = JSON.parse(process.argv[2] ?? '') as SchedulerOrders;
const { connection, prefix = 'stepwell' } = options;
const queue = new Queue(name, { connection: connection!, prefix });
queue.on('error', () => {});
process.on('disconnect', () => process.exit(0));

await queue.waitUntilReady();
process.send?.('ready');
await once(process, 'message');
await Promise.all(Object.entries(schedulers).map(([id, repeat]) => queue.upsertJobScheduler(id, repeat)));
const worker = new Worker(
  name,
  async (job, token) => {
    appendFileSync(ledger, `${process.pid} start ${job.id} ${token} ${Date.now()}\n`);
  },
  options,
);
worker.on('error', () => {});
process.on('SIGTERM', () => void Promise.all([worker.close(), queue.close()]).then(() => process.exit(0)));
await worker.waitUntilReady();
process.send?.('upserted');
