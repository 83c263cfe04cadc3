// A process that adds jobs at a steady rate, and notes each add and what came of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../../test/support/mixed-jobs.js';
import { fuzzedJob } from '../fuzzed-job.js';
import { Ledger, machineMs } from '../ledger.js';
import type { LoadJob } from '../systems/system.js';
import { systems } from '../systems/systems.js';
import type { ProducerOrders } from './orders.js';

/** How long an add that was made may still be answered after the load is over. */
const LAST_ANSWERS_MS = 20_000;
const TICK_MS = 10;

const orders = JSON.parse(process.argv[2] ?? '') as ProducerOrders;
const { load } = orders;
const system = systems[orders.system]!;
const ledger = Ledger.open(orders.ledger);
const random = randomFrom(orders.seed);
const open = new Set<Promise<void>>();
let isOver = false;

const describe = (error: Error): string =>
  `${String((error as { code?: unknown }).code ?? error.name)}:${error.message.slice(0, 60)}`;
const producer = await system.openProducer(
  orders.address,
  orders.queue,
  (error) => ledger.note('error', -1, '-', '-', describe(error)),
  orders,
);
process.on('SIGTERM', () => (isOver = true));
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) =>
  ledger.note('error', -1, '-', 'UNHANDLED', describe(error as Error)),
);
process.send?.('ready');

const startMs = machineMs();
const mayAdd = (): boolean => !isOver && machineMs() - startMs < (load.addsForMs ?? Infinity);
for (let key = 0; mayAdd() && key < (load.count ?? Infinity);) {
  const due = Math.min(
    load.count ?? Infinity,
    Math.floor(((machineMs() - startMs) * load.jobsPerSecond) / 1000),
  );
  for (; key < due && open.size < (load.maxOpen ?? Infinity); key += 1)
    keep(add(jobOf((load.firstKey ?? 0) + key)));
  await sleep(TICK_MS);
}
await Promise.race([Promise.all(open), sleep(LAST_ANSWERS_MS, undefined, { ref: false })]);
const fromMs = machineMs();
await producer.close().catch(() => {});
ledger.note('closed', -1, '-', '-', String(Math.round(machineMs() - fromMs)));
process.exit(0);

async function add(job: LoadJob): Promise<void> {
  ledger.note('add', job.key);
  try {
    ledger.note('ok', job.key, await producer.add(job));
  } catch (error) {
    const what = system.isRefusal(error as Error) ? 'no' : 'unknown';
    ledger.note(what, job.key, '-', '-', describe(error as Error));
  }
}

function keep(adding: Promise<void>): void {
  open.add(adding);
  void adding.finally(() => open.delete(adding));
}

function jobOf(key: number): LoadJob {
  const job: LoadJob = { key, ms: Math.floor(random() * (load.maxWorkMs + 1)), failures: 0 };
  if (random() < (load.failing ?? 0)) job.failures = 1;
  if (random() < (load.delayed ?? 0)) job.delayMs = 1 + Math.floor(random() * (load.maxDelayMs ?? 500));
  if (random() < (load.blocking ?? 0)) Object.assign(job, { blocks: true, ms: load.blockMs ?? 1000 });
  if (load.dueMs !== undefined) job.delayMs = Math.max(1, Math.round(startMs + load.dueMs - machineMs()));
  if (load.childQueues !== undefined) job.childQueue = load.childQueues[key % load.childQueues.length]!;
  if (random() < (load.deduplicated ?? 0)) job.dedupMs = load.dedupMs ?? 1000;
  if (load.fuzzes) Object.assign(job, fuzzedJob(random, key));
  if (load.padBytes !== undefined) job.pad = 'x'.repeat(load.padBytes);
  return job;
}
