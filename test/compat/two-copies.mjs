// Run by two-copies.spec.ts, with the built library: both copies of it in one program, as ES modules and as CommonJS.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [dist, url] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const entries = ['index', 'engine', 'compat/bullmq/index', 'compat/nestjs-bullmq/index', 'testing/index'];
const copies = {};
for (const entry of entries) {
  copies[entry] = [await import(`${dist}/${entry}.js`), require(`${new URL(dist).pathname}/cjs/${entry}.js`)];
}
const said = { names: {}, differ: 0 };
for (const [entry, [esm, cjs]] of Object.entries(copies)) {
  const namesOf = (all) =>
    Object.keys(all)
      .filter((name) => name !== '__esModule')
      .toSorted()
      .join();
  said.names[entry] = namesOf(esm) === namesOf(cjs);
}
const [a, b] = copies.index;
const [bullA, bullB] = copies['compat/bullmq/index'];
said.differ = [a.Queue !== b.Queue, bullA.Job !== bullB.Job];
const error = new b.LockLostError('1', 'go on with');
said.errors = [
  error instanceof a.LockLostError,
  error instanceof a.StepwellError,
  error instanceof a.JobNotFoundError,
  new bullB.UnrecoverableError('x') instanceof bullA.UnrecoverableError,
  new bullB.DelayedError() instanceof bullA.UnrecoverableError,
  new Error('x') instanceof a.StepwellError,
];
said.outcomes = [b.done(1) instanceof a.Done, b.sleep(5) instanceof a.Sleep, b.done(1) instanceof a.Sleep];
const queue = b.defineQueue('q');
said.tokens = [queue.token === a.getQueueToken('q'), queue instanceof a.QueueDefinition];

// A module of one copy finds what decorators of the other one have left, and runs it.
const handled = [];
class Orders {
  async first(job) {
    handled.push(job.data.item);
    return b.done('bought');
  }
}
const name = `copies-${process.pid}`;
b.Step()(Orders.prototype, 'first', Object.getOwnPropertyDescriptor(Orders.prototype, 'first'));
b.Processor(name)(Orders);
class Mails extends copies['compat/nestjs-bullmq/index'][1].WorkerHost {
  async process(job) {
    handled.push(job.data.to);
  }
}
const nestBull = copies['compat/nestjs-bullmq/index'];
nestBull[1].Processor(name)(Mails);
function AppModule() {}
Module({
  imports: [
    a.StepwellModule.forRoot({ connection: url }),
    a.StepwellModule.registerQueue({ name }),
    nestBull[0].BullModule.forRoot({ connection: url }),
    nestBull[0].BullModule.registerQueue({ name }),
  ],
  providers: [Orders, Mails],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
const events = new a.QueueEvents(name, { connection: url });
await events.waitUntilReady();
const job = await app.get(b.getQueueToken(name)).add('buy', { item: 'book' });
said.result = await job.waitUntilFinished(events);
const mail = await app.get(nestBull[1].getQueueToken(name)).add('welcome', { to: 'ada' });
for (let left = 500; left > 0 && handled.length < 2; left -= 1) await new Promise((go) => setTimeout(go, 20));
said.handled = [handled.toSorted(), mail.name];
await events.close();
for (const token of [b.getQueueToken(name), nestBull[1].getQueueToken(name)]) {
  await app.get(token).obliterate({ force: true });
}
await app.close();
process.stdout.write(JSON.stringify(said), () => process.exit());
