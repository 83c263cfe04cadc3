// What Nest costs a job: a bare worker, a plain handler, and one with guard, pipe and interceptor, in turns: see README.md.
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { buildEngine } from './support/build-engine.mjs';
import { startRedis } from './support/start-redis.mjs';

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '5000' }, rounds: { type: 'string', default: '5' } },
});
const jobs = Number(values.jobs);
const rounds = Number(values.rounds);
const CONCURRENCY = 50;

buildEngine();
const { Module, ParseIntPipe, UseGuards, UseInterceptors } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { JobData, Process, Processor, Queue, StepwellModule, Worker } = await import('stepwell');

const redis = await startRedis();
const { connection } = redis;
const ways = {
  bare: bareWorker,
  plain: (name) => nestWorker(name, plain()),
  enhanced: (name) => nestWorker(name, enhanced()),
};
const rates = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
const nodeUs = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
/** A tenth of the jobs is done before the clock runs: an application starts meanwhile. */
const untimed = Math.floor(jobs / 10);
let round = 0;
let left = 0;
let begin = () => {};
let finish = () => {};

for (round = 0; round <= rounds; round += 1) {
  for (const [way, start] of Object.entries(ways)) {
    const { rate, us } = await measure(way, start);
    // The first round warms up.
    if (round > 0) {
      rates[way].push(rate);
      nodeUs[way].push(us);
    }
  }
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const ofBare = (figures, way) => median(figures[way].map((each, i) => each / figures.bare[i])).toFixed(2);
for (const way of Object.keys(ways)) {
  const rate = `${Math.round(median(rates[way]))} jobs/s   ${ofBare(rates, way)} of bare`;
  const node = `${median(nodeUs[way]).toFixed(1)} µs of Node a job   ${ofBare(nodeUs, way)} of bare`;
  console.log(`${way.padEnd(10)} ${rate}   ${node}`);
}
await redis.stop();

async function measure(way, start) {
  const name = `${way}-${round}`;
  const queue = new Queue(name, { connection });
  const data = Array.from({ length: jobs }, (_, n) => ({ name: 'job', data: { n } }));
  for (let i = 0; i < jobs; i += 1000) await queue.addBulk(data.slice(i, i + 1000));
  left = jobs;
  const begun = new Promise((resolve) => (begin = () => resolve(now())));
  const finished = new Promise((resolve) => (finish = () => resolve(now())));
  const running = await start(name);
  const [from, to] = await Promise.all([begun, finished]);
  await running.close();
  await queue.close();
  const timed = jobs - untimed;
  return { rate: timed / ((to.ms - from.ms) / 1000), us: (to.cpuUs - from.cpuUs) / timed };
}

function now() {
  const { user, system } = process.cpuUsage();
  return { ms: performance.now(), cpuUs: user + system };
}

function count(n) {
  left -= 1;
  if (left === jobs - untimed) begin();
  if (left === 0) finish();
  return n;
}

async function bareWorker(name) {
  const worker = new Worker(name, async (job) => count(job.data.n), { connection, concurrency: CONCURRENCY });
  return { close: () => worker.close() };
}

function plain() {
  class Handler {
    handle(job) {
      return Promise.resolve(count(job.data.n));
    }
  }
  return Handler;
}

function enhanced() {
  class Handler {
    handle(n) {
      return Promise.resolve(count(n));
    }
  }
  decorate(Handler, UseGuards({ canActivate: () => true }));
  decorate(Handler, UseInterceptors({ intercept: (_context, next) => next.handle() }));
  JobData('n', new ParseIntPipe())(Handler.prototype, 'handle', 0);
  return Handler;
}

function decorate(type, decorator) {
  decorator(type.prototype, 'handle', Object.getOwnPropertyDescriptor(type.prototype, 'handle'));
}

async function nestWorker(name, type) {
  decorate(type, Process());
  Processor(name, { concurrency: CONCURRENCY })(type);
  // oxlint-disable-next-line typescript/no-extraneous-class -- what a Nest application begins with
  class AppModule {}
  Module({ imports: [StepwellModule.forRoot({ connection })], providers: [type] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return { close: () => app.close() };
}
