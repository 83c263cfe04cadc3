import { Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { Queue as BullQueue } from '../../lib/compat/bullmq/index.js';
import * as bull from '../../lib/compat/nestjs-bullmq/index.js';
import {
  getQueueToken,
  OnWorkerEvent,
  Process,
  Processor,
  Queue,
  QueueEvents,
  StepwellModule,
} from '../../lib/index.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';
import { until } from '../compat/both.js';

const connection = testRedisUrl();

describe('a module that is loaded lazily', () => {
  it('has its processors run, and its listeners called', async () => {
    const name = randomQueueName();
    const told: string[] = [];

    @Processor(name)
    class Reports {
      @Process()
      write(): string {
        return 'written';
      }

      @OnWorkerEvent('completed')
      done(job: { name: string }): void {
        told.push(job.name);
      }
    }
    @Module({ imports: [StepwellModule.registerQueue({ name })], providers: [Reports] })
    class ReportsModule {}
    @Module({ imports: [StepwellModule.registerQueue({ name })], providers: [Reports] })
    class SecondModule {}

    const app = await Test.createTestingModule({
      imports: [StepwellModule.forRoot({ connection, prefix: 'lazy' })],
    }).compile();
    await app.init();
    const loader = app.get(LazyModuleLoader);
    const ref = await loader.load(() => ReportsModule);
    await loader.load(() => ReportsModule);
    const events = new QueueEvents(name, { connection, prefix: 'lazy' });
    await events.waitUntilReady();
    const job = await ref.get<Queue>(getQueueToken(name), { strict: false }).add('a', {});
    expect(await job.waitUntilFinished(events)).toBe('written');
    await until(() => told.length === 1);
    // The worker of the queue runs already, for what was there.
    await expect(loader.load(() => SecondModule)).rejects.toThrow(/Reports comes too late: the queue/);
    await events.close();
    await app.close();
  });

  it('runs the same with stepwell/nestjs-bullmq', async () => {
    const name = randomQueueName();
    const handled: string[] = [];

    @bull.Processor(name)
    class Reports extends bull.WorkerHost {
      async process(job: { name: string }): Promise<void> {
        handled.push(job.name);
      }
    }
    @Module({ imports: [bull.BullModule.registerQueue({ name })], providers: [Reports] })
    class ReportsModule {}

    const app = await Test.createTestingModule({
      imports: [bull.BullModule.forRoot({ connection, prefix: 'lazy' })],
    }).compile();
    await app.init();
    const ref = await app.get(LazyModuleLoader).load(() => ReportsModule);
    const queue = ref.get<BullQueue>(bull.getQueueToken(name), { strict: false });
    await queue.add('a', {});
    await until(() => handled.length === 1);
    expect(handled).toEqual(['a']);
    await ref.get(Reports).worker.close();
    await queue.obliterate({ force: true });
    await app.close();
  });
});
