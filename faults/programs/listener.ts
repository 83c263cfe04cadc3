// A process that listens to the queue's events, and notes those of jobs that completed.
import { Ledger } from '../ledger.js';
import { systems } from '../systems/systems.js';
import type { Orders } from './orders.js';

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const ledger = Ledger.open(orders.ledger);
const listener = await systems[orders.system]!.openListener(
  orders.address,
  orders.queue,
  (key) => ledger.note('heard', key),
  (error) => ledger.note('error', -1, '-', '-', error.message.slice(0, 60)),
);
process.on('SIGTERM', () => void listener.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) =>
  ledger.note('error', -1, '-', 'UNHANDLED', (error as Error).message.slice(0, 60)),
);
ledger.note('listens', -1);
process.send?.('ready');
