// What single calls of scripts take of the server's thread where a queue is large: see README.md.
import { parseArgs } from 'node:util';
import { buildEngine } from './support/build-engine.mjs';
import { markdownTable } from './support/markdown-table.mjs';
import { payload } from './support/payload.mjs';
import { quantile } from './support/statistics.mjs';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    schedulers: { type: 'string', default: '100000' },
    'no-build': { type: 'boolean', default: false },
  },
});
if (!values['no-build']) buildEngine();
const [{ Queue, Worker }, { startRedis }, { watchCalls }] = await Promise.all([
  import('stepwell/engine'),
  import('./support/start-redis.mjs'),
  import('./support/cpu-per-call.mjs'),
]);

const jobs = Number(values.jobs);
const schedulers = Number(values.schedulers);
const PAGE = 1000;
const FEW = 10;
const server = await startRedis();
const { connection } = server;
const rows = [];
const startDate = Date.now() + 3_600_000;
const queue = new Queue('slices', { connection });

await inPages(schedulers, (first, count) =>
  Promise.all(
    range(count).map((i) =>
      queue.upsertJobScheduler(`s${first + i}`, { every: 3_600_000, startDate }, { name: 'slot' }),
    ),
  ),
);
await show(`among ${schedulers} schedulers: page of 1000`, () => queue.getJobSchedulers(0, PAGE - 1));
await show(`among ${schedulers} schedulers: drain`, () => queue.drain(true));
await show(`among ${schedulers} schedulers: clean`, () => queue.clean(0, jobs, 'delayed'));
await show('obliterate them', () => obliterate());

await add({});
await show(`${jobs} waiting: getJobs in the middle`, async () => {
  for (let i = 0; i < FEW; i += 1) await queue.getJobs(['waiting'], jobs / 2, jobs / 2 + PAGE - 1);
});
await each('waiting: remove in the middle', 'waiting', (job) => job.remove());
await each('waiting: changePriority in the middle', 'waiting', (job) => job.changePriority({ priority: 3 }));
await show(`${jobs} waiting: drain`, () => queue.drain());
await add({});
await show(`${jobs} waiting: clean`, () => queue.clean(0, jobs, 'wait'));
await add({ delay: 1e9 });
await each('delayed: promote in the middle', 'delayed', (job) => job.promote());
await show(`${jobs} delayed: clean`, () => queue.clean(0, jobs / 2, 'delayed'));
await show(`${jobs / 2} delayed: promoteJobs`, () => queue.promoteJobs());
await queue.drain(true);
await add({});
await fail();
await show(`${jobs} failed: retryJobs`, () => queue.retryJobs());
await fail();
await show(`${jobs} failed: clean`, () => queue.clean(0, jobs, 'failed'));
await add({});
await show(`${jobs} waiting: obliterate`, () => obliterate());
await queue.close();
await server.stop();
console.log(markdownTable(['call', 'calls', 'median ms', 'p90 ms', 'longest ms'], rows));

async function show(what, work) {
  const watch = watchCalls(connection);
  await watch.calibrate();
  for (const [command, times] of await watch.during(work)) {
    const at = (part) => quantile(times, part).toFixed(2);
    rows.push([`${what} (${command})`, String(times.length), at(0.5), at(0.9), at(1)]);
  }
  await watch.stop();
  console.error(what);
}

async function each(what, state, change) {
  const middle = await queue.getJobs([state], jobs / 2, jobs / 2 + FEW - 1);
  await show(`${jobs} ${what}`, async () => {
    for (const job of middle) await change(job);
  });
}

function add(opts) {
  return inPages(jobs, (first, count) =>
    queue.addBulk(range(count).map((i) => ({ name: 'job', data: payload(first + i), opts }))),
  );
}

async function fail() {
  const work = async () => Promise.reject(new Error('as it should'));
  const worker = new Worker('slices', work, { connection, concurrency: 200 });
  await new Promise((resolve) => worker.once('drained', resolve));
  await worker.close();
}

async function obliterate() {
  await queue.pause();
  await queue.obliterate();
  await queue.resume();
}

async function inPages(count, work) {
  for (let first = 0; first < count; first += PAGE) await work(first, Math.min(PAGE, count - first));
}

function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}
