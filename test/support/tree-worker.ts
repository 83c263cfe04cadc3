// Workers for the jobs of random trees, in a process of their own; see fleet.ts.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, WaitingChildrenError, type WorkerOptions } from '../../lib/engine.js';
import type { TreeData } from './random-tree.js';

const { queue, ledger, options } = JSON.parse(process.argv[2] ?? '') as {
  /** Names of the queues, separated by commas. */
  queue: string;
  ledger: string;
  options: WorkerOptions;
};
const note = (what: string, id: string, token: string): void =>
  appendFileSync(ledger, `${process.pid} ${what} ${id} ${token} ${Date.now()}\n`);

const workers = queue.split(',').map(
  (name) =>
    new Worker<TreeData>(
      name,
      async (job, token, signal) => {
        if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
        note('start', job.id, token);
        signal.addEventListener('abort', () => note('abort', job.id, token));
        if (job.data.ms) await sleep(job.data.ms);
        if (job.data.fate === 'fail' || job.attemptsMade < job.data.failures) {
          note('fail', job.id, token);
          throw new Error('as told');
        }
        note('end', job.id, token);
        return job.id;
      },
      options,
    ),
);
for (const worker of workers) {
  worker.on('error', () => {});
  worker.on('stalled', (id) => note('stalled', id, '-'));
}
process.on(
  'SIGTERM',
  () => void Promise.all(workers.map((worker) => worker.close())).then(() => process.exit(0)),
);
process.on('disconnect', () => process.exit(0));
void Promise.all(workers.map((worker) => worker.waitUntilReady())).then(() => process.send?.('ready'));
