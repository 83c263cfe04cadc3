import { Injectable } from '@nestjs/common';
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
