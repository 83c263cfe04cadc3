// Run by sandbox.spec.ts, with the built library: a program with processors in files, on one of both packages.
import { setTimeout as sleep } from 'node:timers/promises';

const [entry, url, prefix, name, threads] = process.argv.slice(2);
const { Queue, Worker, FlowProducer, QueueEvents } = await import(entry);
const opts = { connection: { url, maxRetriesPerRequest: null }, prefix };
const here = (file) => new URL(file, import.meta.url);
const said = {};
const errors = [];
const queue = new Queue(name, opts);
const events = new QueueEvents(name, opts);
await events.waitUntilReady();
const env = { ...process.env, FROM: 'options' };
const more = {
  ...{ ...opts, useWorkerThreads: threads === 'threads', concurrency: 2 },
  ...{ workerForkOptions: { env }, workerThreadsOptions: { env } },
};
const worker = new Worker(name, here('./processor.mjs'), more);
worker.on('error', (error) => errors.push(error.message));
const end = (job) =>
  job.waitUntilFinished(events).then(
    (value) => ({ value }),
    (error) => ({ error: error.message }),
  );
const all = await queue.add('all', { pid: process.pid, queue: name });
said.all = await end(all);
if (threads === 'threads') said.all.value.pid = 'same';
const stored = await queue.getJob(all.id);
said.stored = [stored.progress, { ...stored.data, pid: 0 }, await queue.getJobLogs(all.id)];
said.all.value.data = 'as stored';
said.bad = await end(await queue.add('bad', {}));
said.hopeless = await end(await queue.add('hopeless', {}, { attempts: 3 }));
said.later = await end(await queue.add('later', {}));
said.crash = await end(await queue.add('crash', {}));
said.after = await end(await queue.add('bad', {}));
const cancelled = await queue.add('cancelled', {});
while ((await queue.getJob(cancelled.id)).progress !== 1) await sleep(10);
said.cancelJob = worker.cancelJob(cancelled.id, 'no more');
said.cancelled = await end(cancelled);
const flows = new FlowProducer(opts);
const tree = await flows.add({
  name: 'top',
  queueName: name,
  children: [{ name: 'below', queueName: name }],
});
said.children = await end(tree.job);
const pids = await Promise.all([1, 2, 3, 4].map(async () => (await end(await queue.add('slow', {}))).value));
said.reused = new Set(pids).size <= 2;
await worker.close();

const plain = new Worker(name, here('./plain.cjs').pathname, more);
said.plain = await end(await queue.add('p', {}));
await plain.close();
const nothing = new Worker(name, here('./nothing.cjs').pathname, more);
said.nothing = await end(await queue.add('n', {}));
await nothing.close();
try {
  said.missing = typeof new Worker(name, here('./missing.js').pathname, more);
} catch {
  said.missing = 'refused';
}
said.errors = errors;
await Promise.all([queue.obliterate({ force: true }), events.close(), flows.close()]);
await queue.close();
// A thread of BullMQ whose file has no processor may be left over, and would keep this process.
process.stdout.write(JSON.stringify(said), () => process.exit());
