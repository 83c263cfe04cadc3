import { describe, it } from '@jest/globals';
import type { Job, Queue, QueueOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { testRedisUrl } from '../support/redis.js';
import { expectSame, thrown, until } from './both.js';

const optsOf = (part: { opts: object }): QueueOptions => part.opts as QueueOptions;

describe('every part', () => {
  it('has a name, keys of that name, and its options', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const worker = use(new lib.Worker(name, null, { ...opts, concurrency: 3 }));
      const events = use(new lib.QueueEvents(name, { ...opts, autorun: false }));
      const producer = use(new lib.QueueEventsProducer(name, opts));
      const schedulers = use(new lib.JobScheduler(name, opts));
      const flows = use(new lib.FlowProducer(opts));
      const parts = [queue, worker, events, producer, schedulers];
      return [
        parts.map((part) => [part.name, part.qualifiedName, part.toKey('x'), part.opts !== undefined]),
        [queue, worker, events, producer, schedulers].map((part) => optsOf(part).prefix),
        [flows.opts.prefix, worker.opts.concurrency],
        [typeof queue.token, typeof worker.id, queue.token === use(new lib.Queue(name, opts)).token],
      ];
    }));

  it('is cut off at once, and closes after that', () =>
    expectSame(async ({ lib, name, opts }) => {
      const parts = [
        new lib.Queue(name, opts),
        new lib.Worker(name, null, opts),
        new lib.QueueEvents(name, { ...opts, autorun: false }),
        new lib.QueueEventsProducer(name, opts),
        new lib.JobScheduler(name, opts),
        new lib.FlowProducer(opts),
      ];
      for (const part of parts) await part.waitUntilReady();
      const answers: unknown[] = [];
      for (const part of parts) {
        (part as Queue).on('error', () => {});
        answers.push(typeof (await part.disconnect()));
        await part.close();
      }
      return answers;
    }));

  it('hears of errors, by its own event', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const heard: string[] = [];
      const queue = use(new lib.Queue(name, opts));
      const events = use(new lib.QueueEvents(name, { ...opts, autorun: false }));
      const worker = use(new lib.Worker(name, null, opts));
      const flows = use(new lib.FlowProducer(opts));
      queue.on('error', (error) => heard.push(error.message));
      events.on('error', (error) => heard.push(error.message));
      worker.on('error', (error) => heard.push(error.message));
      flows.on('error', (error) => heard.push(error.message));
      queue.emit('error', new Error('of the queue'));
      events.emit('error', new Error('of the events'));
      worker.emit('error', new Error('of the worker'));
      flows.emit('error', new Error('of the flows'));
      return heard;
    }));
});

describe('a job', () => {
  it('that is read has what it was added with, and where it is', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const added = await queue.add('a', { n: 1 }, { jobId: 'a', priority: 7, delay: 60_000 });
      const read = (await queue.getJob('a'))!;
      const worker = use(new lib.Worker(name, null, opts));
      await queue.add('b', {}, { jobId: 'b' });
      const held = (await worker.getNextJob('t')) as Job;
      return [added, read].map((job) => [
        ...[job.priority, job.delay, job.prefix, job.queueName, job.queueQualifiedName, job.token ?? 'none'],
        held.token!.startsWith('t'),
      ]);
    }));

  it('that goes on is heard of in the order in which it came about', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const told: unknown[] = [];
      const worker = new lib.Worker(
        name,
        async (job) => {
          if (job.attemptsMade < 2) throw new Error('as told');
        },
        // With more than one at a time BullMQ may have it the other way round.
        { ...opts, concurrency: 1, autorun: false },
      );
      use(worker);
      for (const event of ['active', 'completed', 'failed'] as const) {
        worker.on(event as 'active', (job) => told.push([event, job.id]));
      }
      await queue.add('a', {}, { jobId: 'a', attempts: 3 });
      void worker.run();
      await until(() => told.length === 6);
      return told;
    }));
});

describe('queue events', () => {
  it('run when asked, and notify when nothing is left', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      const events = use(new lib.QueueEvents(name, { ...opts, autorun: false, lastEventId: '0-0' }));
      const told: unknown[] = [];
      events.on('drained', (id) => told.push(typeof id));
      events.on('completed', ({ jobId }) => told.push(jobId));
      await queue.add('a', {}, { jobId: 'a' });
      const worker = use(new lib.Worker(name, null, opts));
      await ((await worker.getNextJob('t')) as Job).moveToCompleted(1, 't', true);
      const before = told.length;
      const running = events.run();
      await until(() => told.length >= 2);
      const twice = await thrown(() => events.run());
      await events.close();
      await running;
      return [before, told.toSorted(), 'code' in (twice as object)];
    }));
});

describe('exports', () => {
  it('have the same values', () =>
    expectSame(async ({ lib }) => [
      ...[lib.CONNECTION_CLOSED_ERROR_MSG, lib.DELAYED_ERROR, lib.RATE_LIMIT_ERROR, lib.UNRECOVERABLE_ERROR],
      ...[lib.WAITING_ERROR, lib.WAITING_CHILDREN_ERROR, lib.PRIORITY_LIMIT],
      ...[lib.ErrorCode, lib.MetricNames, lib.MetricsTime, lib.SpanKind, lib.TelemetryAttributes],
    ]));

  it('have the same errors, each of a name and a message of its own', () =>
    expectSame(async ({ lib }) => {
      const closed = new lib.ConnectionClosedError('It is closed.');
      const errors = [
        ...[closed, new lib.DelayedError(), new lib.WaitingError(), new lib.WaitingChildrenError()],
        ...[new lib.RateLimitError(), new lib.UnrecoverableError(), new lib.UnrecoverableError('for good')],
      ];
      return errors.map((error) => [error.name, error.message, error instanceof Error]);
    }));

  it('wait, make ids, and delete a queue', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      await queue.add('a', {});
      const abort = new AbortController();
      const waited = lib.delay(60_000, abort as never);
      abort.abort();
      await waited;
      await lib.delay(1);
      const client = new Redis(testRedisUrl());
      await lib.removeAllQueueData(client as never, name, opts.prefix);
      client.disconnect();
      return [typeof lib.randomUUID(), lib.randomUUID().length, await queue.getWaitingCount()];
    }));

  it('have classes that others are derived from', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const queue = use(new lib.Queue(name, opts));
      return [queue instanceof lib.QueueGetters, queue instanceof lib.QueueBase];
    }));
});
