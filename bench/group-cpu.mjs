// What jobs of many groups, and of limits, take of the server's thread and memory: see README.md.
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { buildEngine } from './support/build-engine.mjs';
import { markdownTable } from './support/markdown-table.mjs';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '20000' },
    groups: { type: 'string', default: '100,10000,100000' },
    'no-build': { type: 'boolean', default: false },
  },
});
if (!values['no-build']) buildEngine();
const [{ Queue, Worker }, { startRedis }] = await Promise.all([
  import('stepwell/engine'),
  import('./support/start-redis.mjs'),
]);

const measured = Number(values.jobs);
const server = await startRedis();
const { connection } = server;
const clock = new Redis(connection);
const rows = [];

await measure('plain', measured, () => ({}));
for (const groups of values.groups.split(',').map(Number)) {
  const count = Math.max(groups, measured);
  await measure(`${groups} groups`, count, (i) => ({ group: { id: i % groups } }));
}
await measure('one of 200000 jobs beside 100 others', measured, (i) => ({ group: { id: i % 101 } }), 200_000);
await measure('a named limit that is open', measured, () => ({ limits: ['open'] }));
await clock.quit();
await server.stop();
console.log(markdownTable(['jobs of', 'commit, µs a job', 'add, µs a job', 'bytes a job'], rows));

/** @param more jobs that wait in group 0 besides */
async function measure(what, count, optionsOf, more = 0) {
  await clock.flushall();
  const queue = new Queue('groups', { connection, limits: { open: { concurrency: 1000 } } });
  if (!what.includes('limit')) {
    await queue.getLimits();
    await queue.removeLimit('open');
  }
  const memory = await used();
  const added = await during(() => addAll(queue, count, optionsOf));
  const bytes = ((await used()) - memory) / count;
  if (more > 0) await addAll(queue, more, () => ({ group: { id: 0 } }));
  let done = 0;
  const worker = new Worker('groups', () => void (done += 1), {
    connection,
    concurrency: 50,
    autorun: false,
  });
  const took = await during(async () => {
    const running = worker.run();
    while (done < measured) await new Promise((resolve) => void setTimeout(resolve, 5));
    await worker.close();
    await running;
  });
  await queue.close();
  rows.push([what, (took / done).toFixed(1), (added / count).toFixed(1), String(Math.round(bytes))]);
}

async function addAll(queue, count, optionsOf) {
  for (let first = 0; first < count; first += 1000) {
    const size = Math.min(1000, count - first);
    await queue.addBulk(
      Array.from({ length: size }, (_, i) => ({ name: 'job', data: 0, opts: optionsOf(first + i) })),
    );
  }
}

/** Microseconds of scripts in `work`. */
async function during(work) {
  await clock.config('RESETSTAT');
  await work();
  const info = await clock.info('commandstats');
  return [...info.matchAll(/cmdstat_(?:fcall|evalsha):calls=\d+,usec=(\d+)/g)].reduce(
    (sum, [, us]) => sum + Number(us),
    0,
  );
}

async function used() {
  return Number(/used_memory:(\d+)/.exec(await clock.info('memory'))[1]);
}
