// Run by bull-board.spec.ts, with the built library: an application with Bull Board's module, on one of both packages.
// It is a program of its own because the module is CommonJS and Nest is not, which jest's modules cannot bring together.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { BullBoardModule } from '@bull-board/nestjs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [entry, url, prefix, name] = process.argv.slice(2);
const { BullModule, getQueueToken, Processor, WorkerHost } = await import(entry);

class Mails extends WorkerHost {
  async process(job) {
    await job.log(`sends ${job.name}`);
    if (job.data.fails) throw new Error('as told');
    return 'sent';
  }
}
Processor(name)(Mails);

function AppModule() {}
Module({
  imports: [
    BullModule.forRoot({ connection: { url, maxRetriesPerRequest: null }, prefix }),
    BullModule.registerQueue({ name }),
    BullBoardModule.forRoot({ route: '/queues', adapter: ExpressAdapter }),
    BullBoardModule.forFeature({ name, adapter: BullMQAdapter }),
  ],
  providers: [Mails],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const base = `${await app.getUrl()}/queues/api/queues`;
const get = async (path) => (await fetch(`${base}${path}`)).json();
const put = async (path) => (await fetch(`${base}/${name}${path}`, { method: 'PUT' })).status;
const queue = app.get(getQueueToken(name), { strict: false });
const until = async (holds) => {
  while (!(await holds())) await sleep(20);
};

await queue.add('good', { to: 'ada' }, { jobId: 'good' });
await queue.add('bad', { fails: true }, { jobId: 'bad' });
await queue.add('later', {}, { jobId: 'later', delay: 60_000 });
await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 2);
const [shown] = (await get(`?activeQueue=${name}&status=failed&page=1&jobsPerPage=10`)).queues;
const job = await get(`/${name}/good`);
const logs = await get(`/${name}/good/logs`);
const done = { promote: await put('/later/promote'), retry: await put('/bad/retry') };
await until(async () => (await queue.getJobState('later')) === 'completed');
await until(async () => (await queue.getJob('bad')).attemptsMade === 2);
done.pause = await put('/pause');
const paused = await queue.isPaused();
done.resume = await put('/resume');
done.clean = await put('/good/clean');
const jobs = shown.jobs.map(({ id, failedReason, isFailed, data }) => [id, failedReason, isFailed, data]);
const said = {
  queue: [shown.name, shown.counts, shown.isPaused, shown.type, Object.keys(shown).toSorted()],
  ...{ jobs, logs, done, paused, job: [job.job.id, job.job.data, job.job.returnValue, job.status] },
  left: await queue.getJobCounts(),
};
await queue.obliterate({ force: true });
await app.close();
process.stdout.write(JSON.stringify(said), () => process.exit());
