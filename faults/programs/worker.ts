// A process with one worker, which notes what it does before it does it.
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOf } from '../fuzzed-job.js';
import { Ledger, machineMs } from '../ledger.js';
import type { Run } from '../systems/system.js';
import { systems } from '../systems/systems.js';
import type { WorkerOrders } from './orders.js';

const orders = JSON.parse(process.argv[2] ?? '') as WorkerOrders;
const system = systems[orders.system]!;
const ledger = Ledger.open(orders.ledger);
const running = new Map<string, { key: number; token: string }>();

const codeOf = (error: unknown): string =>
  String((error as { code?: unknown }).code ?? (error as Error).message).slice(0, 40);

const worker = await system.openWorker(orders.address, orders.queue, processJob, orders.settings, {
  done: (key, id, token) => ledger.note('done', key, id, token),
  lost: (id) => {
    const run = running.get(id);
    if (run !== undefined) ledger.note('abort', run.key, id, run.token);
  },
  error: (error) => ledger.note('error', -1, '-', '-', `${codeOf(error)}:${error.message.slice(0, 60)}`),
});
process.on('SIGTERM', () => {
  const fromMs = machineMs();
  void worker.close().then(
    () => {
      ledger.note('closed', -1, '-', '-', String(Math.round(machineMs() - fromMs)));
      process.exit(0);
    },
    () => process.exit(1),
  );
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => ledger.note('error', -1, '-', 'UNHANDLED', codeOf(error)));
process.send?.('ready');

async function processJob({ job, id, token, attemptsMade, isFirst, signal, writes }: Run): Promise<unknown> {
  const { key } = job;
  const write = async (name: string): Promise<void> => {
    ledger.note('write', key, id, token, name);
    await writes[name]!().then(
      () => ledger.note('wrote', key, id, token, name),
      (error: unknown) => ledger.note('refused', key, id, token, `${name}:${codeOf(error)}`),
    );
  };
  ledger.note('start', key, id, token);
  running.set(id, { key, token });
  signal.addEventListener('abort', () => ledger.note('abort', key, id, token));
  if (job.hash !== undefined && hashOf(job.value) !== job.hash) {
    ledger.note('error', key, id, token, 'VALUE: it is not what was added');
  }
  try {
    if (job.blocks && isFirst) {
      for (const untilMs = machineMs() + job.ms; machineMs() < untilMs;);
      ledger.note('late', key, id, token);
    } else if (job.ms > 0 && !job.blocks) await sleep(job.ms);
    if (orders.writesLate) for (const name of Object.keys(writes)) await write(name);
    else if (key % 10 === 0) await write('progress');
    if (attemptsMade < job.failures) {
      ledger.note('fail', key, id, token);
      throw new Error('as told');
    }
    ledger.note('end', key, id, token);
    return key;
  } finally {
    running.delete(id);
  }
}
