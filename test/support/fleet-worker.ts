// A worker in a process of its own: started by fleet.ts, which compiles it, with its orders as the only argument.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type WorkerOptions } from '../../lib/engine.js';

export interface FleetOrders {
  queue: string;
  /** File that each start and each end of a run is written to before anything else happens: it survives `kill -9`. */
  ledger: string;
  options: WorkerOptions;
}

/** What the jobs of a fleet hold. */
export interface FleetData {
  /** Attempts to fail before the one that succeeds. */
  failures?: number;
  ms?: number;
  /** Whether it stops as soon as its signal is aborted. */
  stops?: boolean;
}

const { queue, ledger, options } = JSON.parse(process.argv[2] ?? '') as FleetOrders;
const note = (what: string, id: string, token: string): void =>
  appendFileSync(ledger, `${process.pid} ${what} ${id} ${token} ${Date.now()}\n`);

const worker = new Worker<FleetData>(
  queue,
  async (job, token, signal) => {
    note('start', job.id, token);
    signal.addEventListener('abort', () => note('abort', job.id, token));
    if (job.data.ms) await sleep(job.data.ms, undefined, job.data.stops ? { signal } : {});
    if (job.attemptsMade < (job.data.failures ?? 0)) {
      note('fail', job.id, token);
      throw new Error('as told');
    }
    note('end', job.id, token);
    return job.id;
  },
  options,
);
worker.on('error', () => {});
worker.on('stalled', (id) => note('stalled', id, '-'));
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(0));
void worker.waitUntilReady().then(() => process.send?.('ready'));
