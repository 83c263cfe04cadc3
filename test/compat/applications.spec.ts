import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, it } from '@jest/globals';
import * as nestTheirs from '@nestjs/bullmq';
import * as bullmq from 'bullmq';
import * as stepwellBullmq from '../../lib/compat/bullmq/index.js';
import * as nestOurs from '../../lib/compat/nestjs-bullmq/index.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';
import { expectEqual, until } from './both.js';

type Nest = typeof nestTheirs;
type Lib = typeof bullmq;
type App = (
  nest: Nest,
  lib: Lib,
  start: (module: { imports: any[]; providers: any[] }) => Promise<TestingModule>,
  opts: { connection: { url: string; maxRetriesPerRequest: null }; prefix: string },
  name: string,
) => Promise<unknown>;

/** Runs an application twice, with nothing changed but its imports. */
async function expectSame(app: App): Promise<void> {
  const tag = randomQueueName();
  const run = async (nest: Nest, lib: Lib, prefix: string): Promise<unknown> => {
    const apps: TestingModule[] = [];
    const opts = {
      connection: { url: testRedisUrl(), maxRetriesPerRequest: null },
      prefix: `${prefix}-${tag}`,
    };
    const start = async (module: { imports: any[]; providers: any[] }): Promise<TestingModule> => {
      const made = await Test.createTestingModule(module).compile();
      apps.push(made);
      await made.init();
      return made;
    };
    try {
      return await app(nest, lib, start, opts, tag);
    } finally {
      for (const each of apps) await each.close();
    }
  };
  const theirs = await run(nestTheirs, bullmq, 'app-theirs');
  const ours = await run(nestOurs as unknown as Nest, stepwellBullmq as unknown as Lib, 'app-ours');
  expectEqual(ours, theirs, { ours: 'app-ours', theirs: 'app-theirs' });
}

describe('an application', () => {
  it('that sends mails and keeps a history: braces in names, ids with a delay, retries', () =>
    expectSame(async (nest, lib, start, opts, tag) => {
      const MAIL = `{${tag}-mail}`;
      const HISTORY = `{${tag}-history}`;
      const sent: string[] = [];
      const failures: string[] = [];
      const saved: unknown[] = [];

      @nest.Processor(MAIL)
      class MailProcessor extends nest.WorkerHost {
        async process(job: bullmq.Job<{ to: string }>): Promise<void> {
          if (job.data.to === 'down' && job.attemptsMade < 2) throw new Error('The server is down.');
          sent.push(`${job.name} ${job.data.to}`);
        }

        @nest.OnWorkerEvent('failed')
        onError(job: bullmq.Job): void {
          failures.push(`${job.name} ${job.failedReason} ${job.attemptsMade}`);
        }
      }

      @nest.Processor(HISTORY)
      class HistoryProcessor extends nest.WorkerHost {
        async process(job: bullmq.Job<{ page: string; version: number }>): Promise<void> {
          saved.push([job.data.page, job.data.version, job.id]);
        }
      }

      @Injectable()
      class Pages {
        constructor(
          @nest.InjectQueue(MAIL) readonly mails: bullmq.Queue,
          @nest.InjectQueue(HISTORY) readonly history: bullmq.Queue,
        ) {}

        /** Many edits of a page become one entry: the job that is there is removed first. */
        async edit(page: string, version: number): Promise<void> {
          const id = `page-${page}`;
          await this.history.remove(id);
          await this.history.add(
            'save',
            { page, version },
            { jobId: id, delay: 150, removeOnComplete: true },
          );
        }
      }

      const app = await start({
        imports: [
          nest.BullModule.forRoot({
            ...opts,
            defaultJobOptions: {
              attempts: 3,
              backoff: { type: 'exponential', delay: 5 },
              removeOnComplete: { count: 200 },
              removeOnFail: { count: 100 },
            },
          }),
          nest.BullModule.registerQueue({ name: MAIL }),
          nest.BullModule.registerQueue({
            name: HISTORY,
            defaultJobOptions: { removeOnComplete: true, attempts: 1 },
          }),
        ],
        providers: [MailProcessor, HistoryProcessor, Pages],
      });
      const pages = app.get(Pages);
      await pages.mails.add('welcome', { to: 'ada' });
      await pages.mails.add('invite', { to: 'down' });
      for (let version = 1; version <= 3; version += 1) await pages.edit('home', version);
      await pages.edit('about', 1);
      await until(() => sent.length === 2 && saved.length === 2);
      await until(async () => (await pages.mails.getCompletedCount()) === 2);
      return {
        ...{ sent: sent.toSorted(), failures, saved: saved.toSorted() },
        left: [await pages.history.getJobCounts(), (await pages.history.getJob('page-home')) ?? 'none'],
        isQueue: pages.mails instanceof lib.Queue,
        name: pages.mails.qualifiedName,
      };
    }));

  it('that looks after photos: bulk adds with long ids, live concurrency, counts, pause', () =>
    expectSame(async (_nest, lib, _start, opts, tag) => {
      const names = [`${tag}-thumbnails`, `${tag}-metadata`];
      const handled: string[] = [];
      let most = 0;
      let now = 0;
      const workers = names.map(
        (name) =>
          new lib.Worker(
            name,
            async (job) => {
              now += 1;
              most = Math.max(most, now);
              await new Promise((resolve) => setTimeout(resolve, 15));
              now -= 1;
              handled.push(`${job.name} ${job.id}`);
            },
            { ...opts, concurrency: 1, autorun: false },
          ),
      );
      const queues = names.map((name) => new lib.Queue(name, opts));
      const [thumbnails, metadata] = queues as [bullmq.Queue, bullmq.Queue];
      try {
        const ids = Array.from(
          { length: 20 },
          (_, i) => `upload/library/${'a-long-folder/'.repeat(25)}${i}.jpg`,
        );
        await thumbnails.addBulk(
          ids.map((jobId) => ({
            name: 'generate',
            data: { id: jobId },
            opts: { jobId, removeOnComplete: true, removeOnFail: false },
          })),
        );
        await thumbnails.addBulk(
          ids.slice(0, 5).map((jobId) => ({ name: 'again', data: {}, opts: { jobId } })),
        );
        await metadata.add('extract', {}, { priority: 1 });
        const before = await thumbnails.getJobCounts('active', 'completed', 'failed', 'delayed', 'waiting');
        await metadata.pause();
        for (const worker of workers) {
          worker.concurrency = 4;
          void worker.run();
        }
        await until(() => handled.length === 20);
        const paused = [await metadata.isPaused(), await metadata.getJobCounts('prioritized', 'active')];
        await metadata.resume();
        await until(() => handled.length === 21);
        await until(async () => (await metadata.getCompletedCount()) === 1);
        const after = await thumbnails.getJobCounts('active', 'completed', 'failed', 'waiting');
        const failedOnes = await thumbnails.getFailed();
        await metadata.clean(0, 1000, 'completed');
        await metadata.obliterate({ force: true });
        return {
          ...{ before, paused, after, handled: handled.toSorted(), parallel: most > 1 && most <= 4 },
          failed: failedOnes.length,
          gone: await metadata.getJobCounts(),
        };
      } finally {
        for (const part of [...workers, ...queues]) await part.close();
      }
    }));

  it('that has a driver for queues: crons, ids that wait once, retention, metrics, workers, an admin’s list', () =>
    expectSame(async (_nest, lib, start, opts, tag) => {
      const SYNC = `${tag}-sync`;
      const CRON = `${tag}-cron`;
      const handled: unknown[] = [];
      const RETENTION = { removeOnComplete: { age: 3600, count: 3 }, removeOnFail: { age: 3600, count: 2 } };
      type Handler = (job: { id: string; name: string; data: any }) => Promise<void>;

      @Injectable()
      class Driver implements OnModuleDestroy {
        readonly queues = new Map<string, bullmq.Queue>();
        private readonly workers = new Map<string, bullmq.Worker>();

        register(name: string): void {
          this.queues.set(name, new lib.Queue(name, opts));
        }

        work(name: string, handler: Handler, more: object = {}): bullmq.Worker {
          const worker = new lib.Worker(
            name,
            async (job) => handler({ data: job.data, id: job.id ?? '', name: job.name }),
            { ...opts, metrics: { maxDataPoints: lib.MetricsTime.ONE_WEEK }, ...more },
          );
          this.workers.set(name, worker);
          return worker;
        }

        async addCron(
          name: string,
          jobName: string,
          data: object,
          repeat: bullmq.RepeatOptions,
          id?: string,
        ) {
          await this.queue(name).upsertJobScheduler(keyOf(jobName, id), repeat, {
            ...{ name: jobName, data, opts: { ...RETENTION, priority: 2 } },
          });
        }

        removeCron(name: string, jobName: string, id?: string): Promise<boolean> {
          return this.queue(name).removeJobScheduler(keyOf(jobName, id));
        }

        /** One that is waiting already is not added again. */
        async add(
          name: string,
          jobName: string,
          data: object,
          { id, retryLimit = 0, priority = 5 }: any = {},
        ) {
          const queue = this.queue(name);
          if (id) {
            const waiting = await queue.getJobs(['waiting', 'prioritized']);
            if (waiting.some((job) => job.id?.slice(0, -37) === id)) return;
          }
          const jobId = id ? `${id}-${lib.randomUUID()}` : undefined;
          await queue.add(jobName, data, {
            ...{ priority, attempts: 1 + retryLimit, ...RETENTION, ...(jobId ? { jobId } : {}) },
          });
        }

        queue(name: string): bullmq.Queue {
          return this.queues.get(name)!;
        }

        async onModuleDestroy(): Promise<void> {
          await Promise.all([...this.workers.values()].map((worker) => worker.close()));
          await Promise.all([...this.queues.values()].map((queue) => queue.close()));
        }
      }
      const keyOf = (jobName: string, id?: string): string => (id ? `${jobName}.${id}` : jobName);

      const driver = (await start({ imports: [], providers: [Driver] })).get(Driver);
      driver.register(SYNC);
      driver.register(CRON);
      const sync = driver.queue(SYNC);
      const cron = driver.queue(CRON);

      await driver.addCron(CRON, 'CleanUp', { all: true }, { pattern: '* * * * * *', limit: 1 });
      await driver.addCron(
        CRON,
        'Nightly',
        {},
        { pattern: '0 3 * * *', startDate: Date.UTC(2100, 0, 1) },
        'w-1',
      );
      await driver.addCron(
        CRON,
        'Nightly',
        {},
        { pattern: '0 4 * * *', startDate: Date.UTC(2100, 0, 1) },
        'w-1',
      );
      const crons = (await cron.getJobSchedulers()).map(({ key, pattern, name }) => [key, pattern, name]);

      for (const n of [1, 2, 3]) await driver.add(SYNC, 'Import', { n }, { id: 'import-workspace' });
      await driver.add(SYNC, 'Webhook', { fails: true }, { retryLimit: 2, priority: 1 });
      for (const n of [4, 5, 6, 7]) await driver.add(SYNC, 'Mail', { n });
      const before = await sync.getJobCounts('waiting', 'prioritized');

      const failures: string[] = [];
      const worker = driver.work(
        SYNC,
        async (job) => {
          handled.push([job.name, job.data.n ?? 0]);
          if (job.data.fails) throw new Error('The address does not respond.');
        },
        { concurrency: 1 },
      );
      worker.on('failed', (job, error) =>
        failures.push(`${job?.name} ${error.message} ${job?.attemptsMade}`),
      );
      const cleaned: unknown[] = [];
      driver.work(CRON, async (job) => void cleaned.push([job.name, job.data]));
      await until(async () => (await sync.getMetrics('completed')).meta.count === 5);
      await until(async () => (await cron.getCompletedCount()) === 1);
      await until(async () => (await sync.getFailedCount()) === 1);
      for (const queue of [sync, cron]) await until(async () => (await queue.getWorkers()).length === 1);

      const [failed] = await sync.getJobs(['failed'], 0, 9, false);
      const admin = {
        list: (await sync.getJobs(['completed', 'failed'], 0, 9, false)).map((job) => [
          ...[job.name, job.attemptsMade, job.failedReason, job.stacktrace?.length, typeof job.finishedOn],
        ]),
        state: await failed!.getState(),
      };
      await failed!.retry();
      await until(() => failures.length === 4);
      const again = (await sync.getJob(failed!.id!))!;
      const week = await sync.getMetrics('failed', 0, lib.MetricsTime.ONE_WEEK);
      await sync.remove(failed!.id!);
      return {
        ...{ crons, before, handled, cleaned, failures, admin },
        again: [again.attemptsMade, again.failedReason],
        metrics: [week.meta.count, week.data.length === week.count],
        workers: (await Promise.all([sync, cron].map((queue) => queue.getWorkers()))).map(
          (workers) => workers.length,
        ),
        health: await sync.getJobCounts('failed', 'completed', 'waiting', 'active', 'delayed', 'prioritized'),
        removed: [await driver.removeCron(CRON, 'Nightly', 'w-1'), await driver.removeCron(CRON, 'Nightly')],
        left: await cron.getJobSchedulersCount(),
      };
    }));

  it('that watches its queues: metrics and workers', () =>
    expectSame(async (_nest, lib, _start, opts, tag) => {
      const name = `${tag}-sync`;
      const queue = new lib.Queue(name, opts);
      const worker = new lib.Worker(
        name,
        async (job) => {
          if (job.data.fails) throw new Error('as told');
        },
        { ...opts, metrics: { maxDataPoints: lib.MetricsTime.ONE_WEEK }, concurrency: 5 },
      );
      try {
        await worker.waitUntilReady();
        await until(async () => (await queue.getWorkers()).length === 1);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await queue.addBulk(
          [false, true, false, true, true].map((fails) => ({
            name: 'sync',
            data: { fails },
            opts: { attempts: 2 },
          })),
        );
        await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 5);
        const [completed, failed] = await Promise.all([
          queue.getMetrics('completed', 0, lib.MetricsTime.ONE_WEEK),
          queue.getMetrics('failed', 0, lib.MetricsTime.ONE_WEEK),
        ]);
        const workers = await queue.getWorkers();
        const failedJobs = await queue.getFailed(0, 10);
        return {
          counts: [completed.meta.count, failed.meta.count],
          shapes: [
            Array.isArray(completed.data),
            typeof completed.count,
            Object.keys(completed.meta).toSorted(),
          ],
          workers: [workers.length, typeof workers[0]!.id, typeof workers[0]!.name],
          health: await queue.getJobCounts('failed', 'completed', 'waiting', 'active', 'delayed'),
          reasons: failedJobs.map(({ failedReason, attemptsMade }) => [failedReason, attemptsMade]),
        };
      } finally {
        await worker.close();
        await queue.obliterate({ force: true });
        await queue.close();
      }
    }));
});
