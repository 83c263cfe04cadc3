import { afterEach, describe, it, jest } from '@jest/globals';
import type { Job, Queue } from 'bullmq';
import * as bullmq from 'bullmq';
import { Redis } from 'ioredis';
import { createClient } from '@redis/client';
import { setTimeout } from 'node:timers/promises';
import { testRedisUrl } from '../support/redis.js';
import { type Bench, expectDifferent, thrown, until } from './both.js';

const newQueue = ({ lib, name, opts, use }: Bench, more = {}): Queue =>
  use(new lib.Queue(name, { ...opts, ...more }));
const take = async ({ lib, name, opts, use }: Bench): Promise<Job> =>
  (await use(new lib.Worker(name, null, opts)).getNextJob('t')) as Job;
const nowhere = { host: '127.0.0.1', port: 1, retryStrategy: () => 20 };

/** What the process is warned of while a call is made. */
async function warnings(call: () => Promise<unknown>): Promise<string[]> {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await call();
  const told = warn.mock.calls.map(([warning]) => String(warning));
  warn.mockRestore();
  return told;
}

/** What a call throws: its first line. */
async function message(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'none';
  } catch (error) {
    return (error as Error).message.split('\n')[0]!;
  }
}

const errorLog = console.error;
afterEach(() => void (console.error = errorLog));

/** Each row of the table on the page on migration has a test of its name here. */
describe('what differs', () => {
  it('Data of BullMQ in Redis', () =>
    expectDifferent(
      async (bench) => {
        const { name, opts, use } = bench;
        const theirs = use(new bullmq.Queue(name, opts));
        await theirs.add('a', {}, { jobId: 'a' });
        const queue = newQueue(bench);
        const seen = await queue.getWaitingCount();
        await queue.obliterate({ force: true });
        return [seen, await theirs.getWaitingCount()];
      },
      { theirs: [1, 0], ours: [0, 1] },
    ));

  it('Wording of errors', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        await queue.add('a', {}, { jobId: 'a' });
        const job = await take(bench);
        await job.moveToCompleted(1, 't', false);
        const again = (): unknown => job.moveToCompleted(1, 't', false);
        return [await thrown(again), (await message(again)).includes('Missing lock')];
      },
      { theirs: [{ code: -2 }, true], ours: [{ code: -2 }, false] },
    ));

  it('A write of a run whose lock was lost', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        await queue.add('a', {}, { jobId: 'a' });
        const job = await take(bench);
        await (await queue.getJob('a'))!.moveToWait('t');
        const next = bench.use(new bench.lib.Worker(bench.name, null, bench.opts));
        await next.getNextJob('other');
        return [await thrown(() => job.updateData({ n: 1 })), await thrown(() => job.updateProgress(5))];
      },
      {
        theirs: [{ answer: 'nothing' }, { answer: 'nothing' }],
        ours: [{ code: -6 }, { code: -6 }],
      },
    ));

  it('The signal of a job whose lock was lost', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        const queue = use(new lib.Queue(name, opts));
        let release!: () => void;
        const held = new Promise<void>((resolve) => (release = resolve));
        let signal: AbortSignal | undefined;
        let lost = false;
        const worker = use(
          new lib.Worker(name, (_job, _token, given) => ((signal = given), held), {
            ...{ ...opts, lockDuration: 2000, lockRenewTime: 50, skipStalledCheck: true },
          }),
        );
        worker.on('error', () => {});
        worker.on('lockRenewalFailed', () => (lost = true));
        await queue.add('a', {});
        await until(() => signal !== undefined);
        await queue.obliterate({ force: true });
        await until(() => lost);
        await new Promise((resolve) => setImmediate(resolve));
        const aborted = signal!.aborted;
        release();
        return aborted;
      },
      { theirs: false, ours: true },
    ));

  it('An error of a listener, or an error that nobody listens to', () =>
    expectDifferent(
      async (bench) => {
        const logged: unknown[] = [];
        console.error = (error: unknown) => logged.push((error as Error).message);
        const queue = newQueue(bench);
        const told = await warnings(async () => {
          queue.emit('error', new Error('nobody listens'));
          queue.on('waiting', () => {
            throw new Error('of a listener');
          });
          await queue.add('a', {});
        });
        return [logged.length > 0, told.length > 0, await queue.getWaitingCount()];
      },
      { theirs: [true, false, 1], ours: [false, true, 1] },
    ));

  it('Calls while Redis is away', () =>
    expectDifferent(
      async ({ lib, name, opts }) => {
        const client = new Redis({ ...nowhere, maxRetriesPerRequest: null });
        client.on('error', () => {});
        const queue = new lib.Queue(name, { ...opts, connection: client, callTimeout: 100 } as never);
        queue.on('error', () => {});
        const added = queue.add('a', {}).then(
          () => 'added',
          () => 'rejected',
        );
        const outcome = await Promise.race([added, setTimeout(1000, 'waits')]);
        client.disconnect();
        await queue.close().catch(() => {});
        return outcome;
      },
      { theirs: 'waits', ours: 'rejected' },
    ));

  it('Connections', () =>
    expectDifferent(
      async (bench) => {
        const clients = [newQueue(bench), newQueue(bench)].map(
          (queue) => (queue.getBackend() as unknown as { client: Promise<object> }).client,
        );
        const [one, two] = await Promise.all(clients);
        return one === two;
      },
      { theirs: false, ours: true },
    ));

  it('Unknown options', () =>
    expectDifferent(
      async (bench) =>
        (
          await warnings(async () => {
            newQueue(bench, { noSuchOptionOfAQueue: 1 });
            newQueue(bench, { noSuchOptionOfAQueue: 1 });
          })
        ).length,
      { theirs: 0, ours: 1 },
    ));

  it('getWorkers, getQueueEvents', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        const worker = bench.use(new bench.lib.Worker(bench.name, async () => 1, bench.opts));
        await worker.waitUntilReady();
        await until(async () => (await queue.getWorkersCount()) === 1);
        const [{ addr }] = (await queue.getWorkers()) as [{ addr: string }];
        return [/^[\d.]+:\d+$/.test(addr), addr.endsWith(`:${process.pid}`)];
      },
      { theirs: [true, false], ours: [false, true] },
    ));

  it('ioredis:close', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        const queue = use(new lib.Queue(name, opts));
        let closed = false;
        let failed = false;
        queue.on('ioredis:close', () => (closed = true));
        queue.on('error', () => (failed = true));
        const client = await (queue.getBackend() as unknown as { client: Promise<Redis> }).client;
        const id = await client.call('CLIENT', 'ID');
        const other = new Redis(testRedisUrl());
        await other.call('CLIENT', 'KILL', 'ID', String(id));
        await other.quit();
        await until(() => closed || failed);
        await queue.add('a', {});
        return closed;
      },
      { theirs: true, ours: false },
    ));

  it('Parents whose children are drained or cleaned away', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const queue = newQueue(bench);
        const peer = use(new lib.Queue(`${name}-peer`, opts));
        const children = [{ name: 'below', queueName: peer.name }];
        await use(new lib.FlowProducer(opts)).add({
          ...{ name: 'top', queueName: name, opts: { jobId: 'top', priority: 3 }, children },
        });
        await peer.drain();
        return [await queue.getJobState('top'), await queue.getJobCounts('waiting', 'prioritized')];
      },
      {
        theirs: ['waiting', { prioritized: 0, waiting: 1 }],
        ours: ['prioritized', { prioritized: 1, waiting: 0 }],
      },
    ));

  it('obliterate', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const queue = newQueue(bench);
        const children = [{ name: 'below', queueName: `${name}-peer` }];
        await use(new lib.FlowProducer(opts)).add({
          ...{ name: 'top', queueName: name, opts: { jobId: 'top' }, children },
        });
        await queue.obliterate();
        return (await queue.getJob('top')) === undefined;
      },
      { theirs: false, ours: true },
    ));

  it('A slot of a job scheduler whose job id is taken', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        const repeat = { pattern: '0 3 * * *', tz: 'UTC', startDate: Date.UTC(2100, 0, 1) };
        const first = (await queue.upsertJobScheduler('s', repeat))!;
        await queue.removeJobScheduler('s');
        await queue.add('mine', {}, { jobId: first.id! });
        return thrown(async () => (await queue.upsertJobScheduler('s', repeat))!.id);
      },
      { theirs: { code: -10 }, ours: { answer: `repeat:s:${Date.UTC(2100, 0, 2, 3)}` } },
    ));

  it('lockRenewTime that is no less than lockDuration', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        let worker!: bullmq.Worker;
        const told = await warnings(async () => {
          worker = use(new lib.Worker(name, null, { ...opts, lockDuration: 1000, lockRenewTime: 2000 }));
        });
        return [told.length, worker.opts.lockRenewTime];
      },
      { theirs: [0, 2000], ours: [1, 500] },
    ));

  it('Spans of telemetry', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        const spans: string[] = [];
        const span = { setSpanOnContext: () => 1, setAttribute() {}, setAttributes() {}, addEvent() {} };
        const telemetry = {
          tracer: {
            startSpan: (text: string) => (spans.push(text), { ...span, recordException() {}, end() {} }),
          },
          contextManager: {
            with: (_context: unknown, run: () => unknown) => run(),
            ...{ active: () => 1, getMetadata: () => '', fromMetadata: () => 1 },
          },
        };
        const worker = use(new lib.Worker(name, async () => 1, { ...opts, telemetry: telemetry as never }));
        await worker.waitUntilReady();
        const queue = use(new lib.Queue(name, opts));
        await queue.add('a', {});
        await until(async () => (await queue.getCompletedCount()) === 1);
        return spans.some((each) => each.startsWith('startStalledCheckTimer'));
      },
      { theirs: true, ours: false },
    ));

  it('HELP lines of exportPrometheusMetrics', () =>
    expectDifferent(
      async (bench) => {
        const lines = (await newQueue(bench).exportPrometheusMetrics()).split('\n');
        return lines.find((line) => line.startsWith('# HELP bullmq_job_completed'));
      },
      {
        theirs: '# HELP bullmq_job_completed_total Total number of completed jobs',
        ours: '# HELP bullmq_job_completed_total Jobs that have completed since counting began',
      },
    ));

  it('The event progress of a queue', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        const told: string[] = [];
        queue.on('progress', (id: unknown) => told.push(typeof id));
        const job = await queue.add('a', {});
        await job.updateProgress(5);
        return told;
      },
      { theirs: ['object'], ours: ['string'] },
    ));

  it('Custom events', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        const events = use(new lib.QueueEvents(name, { ...opts, lastEventId: '0-0' }));
        const told: unknown[] = [];
        events.on('mine' as never, ((fields: unknown) => told.push(fields)) as never);
        await use(new lib.QueueEventsProducer(name, opts)).publishEvent({
          ...{ eventName: 'mine', count: 5, isLast: true },
        } as never);
        await until(() => told.length === 1);
        return told[0];
      },
      { theirs: { count: '5', isLast: 'true' }, ours: { count: 5, isLast: true } },
    ));

  it('job.token of a run', () =>
    expectDifferent(
      async (bench) => {
        await newQueue(bench).add('a', {});
        const job = await take(bench);
        const told = [job.token === 't', job.token!.startsWith('t')];
        await job.moveToCompleted(1, job.token!, false);
        return told;
      },
      { theirs: [true, true], ours: [false, true] },
    ));

  it('job.asJSON', () =>
    expectDifferent(
      async (bench) => {
        await newQueue(bench).add('a', {}, { priority: 3 });
        const job = await take(bench);
        await job.moveToFailed(new Error('as told'), 't', false);
        const json = JSON.parse(JSON.stringify(job.asJSON())) as Record<string, unknown>;
        const more = ['delay', 'priority', 'token'].filter((key) => key in json);
        const read = bench.lib.Job.fromJSON(newQueue(bench), job.asJSON(), job.id!);
        return [more, json['failedReason'], read.failedReason, read.priority ?? 'none'];
      },
      {
        theirs: [[], '"as told"', '"as told"', 'none'],
        ours: [['delay', 'priority', 'token'], 'as told', 'as told', 3],
      },
    ));

  it('The job that upsertJobScheduler returns', () =>
    expectDifferent(
      async (bench) => {
        const every = { every: 3_600_000 };
        const job = (await newQueue(bench).upsertJobScheduler('s', every, { name: 'n' }))!;
        return [Object.keys(JSON.parse(JSON.stringify(job.opts)) as object).toSorted(), job.stacktrace];
      },
      {
        theirs: [['attempts', 'delay', 'jobId', 'repeat', 'timestamp'], null],
        ours: [['attempts', 'prevMillis', 'repeat'], []],
      },
    ));

  it('nextFailedCursor of getDependencies', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const queue = newQueue(bench);
        const child = { name: 'c', queueName: name, opts: { jobId: 'c', failParentOnFailure: true } };
        await use(new lib.FlowProducer(opts)).add({
          ...{ name: 'p', queueName: name, opts: { jobId: 'p' }, children: [child] },
        });
        await (await take(bench)).moveToFailed(new Error('as told'), 't', false);
        const top = (await queue.getJob('p'))!;
        const { failed, nextFailedCursor } = await top.getDependencies({ failed: { cursor: 0, count: 5 } });
        return [failed?.length, nextFailedCursor];
      },
      { theirs: [1, 5], ours: [1, 0] },
    ));

  it('null as an option of a job', () =>
    expectDifferent(
      async (bench) => {
        const none = { attempts: null, keepLogs: null, jobId: 'a' } as never;
        const { opts } = await newQueue(bench).add('a', {}, none);
        return opts;
      },
      {
        theirs: { attempts: null, backoff: '<undefined>', keepLogs: null, jobId: 'a' },
        ours: { attempts: 0, jobId: 'a' },
      },
    ));

  it('Options that make no sense: attempts: -1, limiter.max: 0, lockDuration: 0; a job whose name is empty', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const queue = newQueue(bench);
        const isRefused = async (call: () => unknown): Promise<boolean> =>
          'code' in ((await thrown(call)) as object);
        const worker = (more: object) => () =>
          use(new lib.Worker(name, null, { ...opts, ...more })) && 'taken';
        return [
          await isRefused(async () => (await queue.add('a', {}, { attempts: -1 })).id),
          await isRefused(async () => (await queue.add('', {})).id),
          await isRefused(worker({ limiter: { max: 0, duration: 1000 } })),
          await isRefused(worker({ lockDuration: 0 })),
          (await queue.add('a', {}, { attempts: '3' as never })).opts.attempts,
          await isRefused(async () => (await queue.add('a', {}, { delay: '3' as never })).id),
        ];
      },
      { theirs: [false, false, false, false, '3', false], ours: [true, true, true, true, 3, true] },
    ));

  it('What a processor throws that is no Error', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const queue = newQueue(bench);
        const heard: unknown[] = [];
        const worker = new lib.Worker(
          name,
          async () => {
            throw 'just a text';
          },
          { ...opts, autorun: false },
        );
        use(worker);
        worker.on('failed', (_job, error: unknown) => heard.push(error instanceof Error));
        void worker.run();
        await queue.add('a', {}, { jobId: 'a' });
        await until(() => heard.length === 1);
        return [heard, (await queue.getJob('a'))!.failedReason];
      },
      { theirs: [[false], 'null'], ours: [[true], 'just a text'] },
    ));

  it('failedReason of an error without a message', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        await queue.add('a', {}, { jobId: 'a' });
        await (await take(bench)).moveToFailed(new Error(), 't', false);
        return (await queue.getJob('a'))!.failedReason;
      },
      { theirs: '<undefined>', ours: '' },
    ));

  it('Calls of BullMQ 5: getRepeatableJobs, removeRepeatable, repeat of add', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench) as Queue & Record<string, unknown>;
        const job = await queue.add('a', {}, { repeat: { every: 1000 } } as never);
        return [
          typeof queue['getRepeatableJobs'],
          typeof queue['removeRepeatable'],
          await queue.getJobSchedulersCount(),
          await job.getState(),
        ];
      },
      {
        theirs: ['undefined', 'undefined', 0, 'waiting'],
        ours: ['undefined', 'undefined', 0, 'waiting'],
      },
    ));

  it('waitUntilFinished of a job that is gone', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const events = use(new lib.QueueEvents(name, opts));
        await events.waitUntilReady();
        const job = await newQueue(bench).add('a', {});
        await job.remove();
        return (await message(() => job.waitUntilFinished(events))).includes('Missing key');
      },
      { theirs: true, ours: false },
    ));

  it('clean', () =>
    expectDifferent(
      async (bench) => {
        const { lib, name, opts, use } = bench;
        const told: string[] = [];
        const queue = newQueue(bench);
        const events = use(new lib.QueueEvents(name, { ...opts, lastEventId: '0-0' }));
        events.on('removed', () => told.push('removed'));
        events.on('cleaned', () => told.push('cleaned'));
        await queue.addBulk(['a', 'b'].map((each) => ({ name: each, data: {} })));
        await queue.clean(0, 10, 'wait');
        await until(() => told.includes('cleaned'));
        return told;
      },
      { theirs: ['cleaned'], ours: ['removed', 'removed', 'cleaned'] },
    ));

  it('Names of custom events', () =>
    expectDifferent(
      async ({ lib, name, opts, use }) => {
        const producer = use(new lib.QueueEventsProducer(name, opts));
        return 'code' in ((await thrown(() => producer.publishEvent({ eventName: 'gap' }))) as object);
      },
      { theirs: false, ours: true },
    ));

  it('Ids of children that have none of their own', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        await queue.add('top', {}, { jobId: 'top' });
        const parent = { id: 'top', queue: queue.qualifiedName };
        return (await queue.add('below', {}, { parent })).id;
      },
      { theirs: '2', ours: '<uuid>' },
    ));

  it('Numbers given as ids', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        await queue.add('a', {}, { jobId: 'own' });
        return (await queue.add('b', {})).id;
      },
      { theirs: '2', ours: '1' },
    ));

  it('A parent in addBulk that is not there', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        const parent = { id: 'none', queue: queue.qualifiedName };
        const bulk = [{ name: 'a', data: {}, opts: { parent } }];
        return [await thrown(async () => (await queue.addBulk(bulk)).length), await queue.getWaitingCount()];
      },
      { theirs: [{ answer: 1 }, 0], ours: [{ code: -5 }, 0] },
    ));

  it('Ids', () =>
    expectDifferent(
      async (bench) => {
        const queue = newQueue(bench);
        const isTaken = async (jobId: string): Promise<boolean> =>
          'answer' in ((await thrown(async () => (await queue.add('a', {}, { jobId })).id)) as object);
        return [await isTaken('a:b'), await isTaken('x'.repeat(8192)), await isTaken('x'.repeat(8193))];
      },
      { theirs: [false, true, true], ours: [true, true, false] },
    ));

  it('Clients of node-redis', () =>
    expectDifferent(
      async ({ lib, name, opts }) => {
        const client = createClient({ url: testRedisUrl() });
        const make = (): Queue => new lib.Queue(name, { ...opts, connection: client as never });
        if (lib === bullmq) return 'createNodeRedisClient' in lib;
        return (await message(make)).includes('of the package redis');
      },
      { theirs: true, ours: true },
    ));

  it('Clients of Bun and Valkey GLIDE, PostgreSQL', () =>
    expectDifferent(
      async ({ lib }) =>
        ['createBunRedisClient', 'createValkeyGlideClient', 'createPostgresBackend'].map(
          (each) => each in lib,
        ),
      { theirs: [true, true, true], ours: [false, false, false] },
    ));
});
