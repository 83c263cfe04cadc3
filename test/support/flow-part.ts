// Adds a flow, or works on one, in a process of its own that ends without a word at a moment of one's choice: run by a
// `Fleet`, which compiles it, with its orders as the only argument.
import { Redis } from 'ioredis';
import { FlowProducer, Worker } from '../../lib/engine.js';
import * as scripts from '../../lib/redis/scripts.generated.js';

export interface FlowPartOrders {
  url: string;
  prefix: string;
  /** The flow to add, where this process adds one. */
  flow?: object;
  /** The queue to work on, where it works. */
  queue?: string;
  /** The call of a script with which it ends: the how manieth, and whether Redis has still run it. */
  dies: { script: keyof typeof scripts; nth: number; after: boolean };
}

const orders = JSON.parse(process.argv[2] ?? '') as FlowPartOrders;
// oxlint-disable-next-line import/namespace -- the orders name a script
const { sha, lua } = scripts[orders.dies.script];
let calls = 0;
// Counts calls of scripts.
process.env.STEPWELL_FUNCTIONS = 'off';

const connection = new Redis(orders.url, { maxRetriesPerRequest: null });
for (const name of ['eval', 'evalsha'] as const) {
  const send = connection[name].bind(connection) as unknown as (args: unknown[]) => Promise<unknown>;
  const watched = async (args: unknown[]): Promise<unknown> => {
    const isIt = args[0] === sha || args[0] === lua;
    // A server that does not know a script yet is sent it again as text.
    if (isIt && name === 'evalsha') calls += 1;
    if (isIt && calls === orders.dies.nth && !orders.dies.after) process.kill(process.pid, 'SIGKILL');
    const reply = await send(args);
    if (isIt && calls === orders.dies.nth) process.kill(process.pid, 'SIGKILL');
    return reply;
  };
  Object.assign(connection, { [name]: watched });
}

if (orders.flow) {
  const flows = new FlowProducer({ connection, prefix: orders.prefix });
  await flows.add(orders.flow as Parameters<FlowProducer['add']>[0]);
  await flows.close();
  connection.disconnect();
  process.send?.('added', () => process.disconnect());
} else {
  const worker = new Worker(orders.queue!, async (job) => job.data as unknown, {
    connection,
    prefix: orders.prefix,
    concurrency: 5,
  });
  worker.on('error', () => {});
}
