// How long the first job of a fresh group waits beside groups that have many: see README.md.
import { parseArgs } from 'node:util';
import { buildEngine } from './support/build-engine.mjs';
import { markdownTable } from './support/markdown-table.mjs';
import { quantile } from './support/statistics.mjs';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '50' },
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
const rounds = Number(values.rounds);
const PAGE = 1000;
const TOKEN = 'by-hand';
const server = await startRedis();
const { connection } = server;
const rows = [];

await measure('nobody', 0, 1);
await measure(`one group of ${jobs / 200} jobs`, jobs / 200, 1);
await measure(`one group of ${jobs} jobs`, jobs, 1);
await measure(`100 groups of ${jobs / 100} jobs`, jobs, 100);
await server.stop();
console.log(
  markdownTable(
    ['beside', 'starts before it', 'at most', 'add, µs', 'fetch, µs', 'p90', 'from add to start, µs', 'p90'],
    rows,
  ),
);

/** Jobs are fetched one by one until the fresh group's comes: other starts are those that a turn of the others takes. */
async function measure(beside, count, groups) {
  const queue = new Queue(`first-${count}-${groups}`, { connection });
  for (let from = 0; from < count; from += PAGE) {
    const list = Array.from({ length: Math.min(PAGE, count - from) }, (_, i) => (from + i) % groups);
    await queue.addBulk(list.map((id) => ({ name: 'job', data: 0, opts: { group: { id } } })));
  }
  const worker = new Worker(queue.name, null, { connection });
  await worker.waitUntilReady();
  const seen = { starts: [], adds: [], fetches: [], sums: [] };
  const watch = watchCalls(connection);
  await watch.calibrate();
  for (let round = 0; round < rounds; round += 1) await first(queue, worker, watch, `fresh-${round}`, seen);
  await watch.stop();
  await worker.close();
  await queue.close();
  const us = (list, part) => (quantile(list, part) * 1000).toFixed(0);
  rows.push([
    ...[beside, quantile(seen.starts, 0.5).toFixed(0), String(Math.max(...seen.starts)), us(seen.adds, 0.5)],
    ...[us(seen.fetches, 0.5), us(seen.fetches, 0.9), us(seen.sums, 0.5), us(seen.sums, 0.9)],
  ]);
  console.error(beside);
}

async function first(queue, worker, watch, id, seen) {
  const added = await watch.during(() => queue.add('job', 0, { group: { id } }));
  const started = [];
  const fetched = await watch.during(async () => {
    do started.push(await worker.getNextJob(TOKEN));
    while (started.at(-1).opts.group.id !== id);
  });
  for (const job of started) await job.moveToCompleted(0, TOKEN, false);
  const [adds, fetches] = [added, fetched].map((calls) => calls.flatMap(([, times]) => times));
  seen.starts.push(started.length - 1);
  seen.adds.push(...adds);
  seen.fetches.push(...fetches);
  seen.sums.push([...adds, ...fetches].reduce((sum, ms) => sum + ms, 0));
}
