import { afterEach, describe, expect, it } from '@jest/globals';
import { FlowProducer, Queue, QueueEventsProducer } from '../../lib/engine.js';
import { EngineLab, next, until } from '../support/engine-lab.js';
import { randomQueueName } from '../support/queue-name.js';

const lab = EngineLab.open({
  redis: {},
  expectedErrors: ['CONNECTION', 'CALL_TIMEOUT', 'CONNECTION_CLOSED'],
});

interface Outcome {
  name: string;
  code: string;
  mayBeWritten: boolean | undefined;
  afterMs: number;
}

/** How a call ends that is expected to fail. */
async function failure(name: string, call: () => Promise<unknown>): Promise<Outcome> {
  const from = performance.now();
  const error: any = await call().then(
    () => new Error('It was answered.'),
    (reason: unknown) => reason,
  );
  const { code, mayBeWritten } = error;
  return { name, code, mayBeWritten, afterMs: performance.now() - from };
}

async function whileFrozen<T>(work: () => Promise<T>): Promise<T> {
  await lab.redis.kill('SIGSTOP');
  try {
    return await work();
  } finally {
    await lab.redis.kill('SIGCONT');
  }
}

describe('a Redis that accepts connections and answers nothing', () => {
  it('lets every call of a user fail by its deadline, with the word whether it may have written', async () => {
    const queue: Queue = lab.queue({ callTimeout: 600 });
    const flows: FlowProducer = lab.flows({ callTimeout: 600 });
    const producer = new QueueEventsProducer(lab.name, { ...queue.opts });
    const job = await queue.add('a', 0);
    await flows.add({ name: 'f', queueName: lab.name, children: [{ name: 'c', queueName: lab.name }] });
    await producer.publishEvent({ eventName: 'hello' });
    const reads: Record<string, () => Promise<unknown>> = {
      getJob: () => queue.getJob(job.id),
      getJobs: () => queue.getJobs(),
      getJobCounts: () => queue.getJobCounts(),
      getJobLogs: () => queue.getJobLogs(job.id),
      getState: () => job.getState(),
      // Looks first what there is.
      promoteJobs: () => queue.promoteJobs(),
      getFlow: () => flows.getFlow({ id: job.id, queueName: lab.name }),
      flowWithIds: () =>
        flows.add({
          name: 'f',
          queueName: lab.name,
          children: [{ name: 'c', queueName: lab.name, opts: { jobId: 'own' } }],
        }),
    };
    const writes: Record<string, () => Promise<unknown>> = {
      add: () => queue.add('b', 0),
      addBulk: () => queue.addBulk([{ name: 'b', data: 0 }]),
      pause: () => queue.pause(),
      remove: () => queue.remove('none', { removeChildren: false }),
      drain: () => queue.drain(),
      clean: () => queue.clean(0, 0),
      obliterate: () => queue.obliterate(),
      rateLimit: () => queue.rateLimit(1),
      trimEvents: () => queue.trimEvents(10_000),
      retryJobs: () => queue.retryJobs(),
      updateProgress: () => job.updateProgress(1),
      updateData: () => job.updateData(1),
      changePriority: () => job.changePriority({ priority: 1 }),
      flow: () =>
        flows.add({ name: 'f', queueName: lab.name, children: [{ name: 'c', queueName: lab.name }] }),
      publishEvent: () => producer.publishEvent({ eventName: 'hello' }),
    };
    const outcomes = await whileFrozen(() =>
      Promise.all(Object.entries({ ...reads, ...writes }).map(([name, call]) => failure(name, call))),
    );
    for (const { name, code, mayBeWritten, afterMs } of outcomes) {
      expect({ name, code, mayBeWritten }).toEqual({
        name,
        code: 'CALL_TIMEOUT',
        mayBeWritten: name in writes,
      });
      expect(afterMs).toBeGreaterThan(550);
      expect(afterMs).toBeLessThan(2000);
    }
    await queue.resume();
    await producer.close();
    await until(async () => (await queue.getJobCounts('waiting')).waiting! > 0);
    await queue.obliterate({ force: true });
  }, 30_000);

  it('is waited for five seconds where nothing else is said', async () => {
    const queue = lab.queue();
    await queue.waitUntilReady();
    const [counts, add] = await whileFrozen(() =>
      Promise.all([failure('counts', () => queue.getJobCounts()), failure('add', () => queue.add('a', 0))]),
    );
    for (const { code, afterMs } of [counts!, add!]) {
      expect(code).toBe('CALL_TIMEOUT');
      expect(afterMs).toBeGreaterThan(4900);
      expect(afterMs).toBeLessThan(7500);
    }
  }, 20_000);

  it('lets adds fail that were handed to an idle worker, while the worker waits on', async () => {
    const queue: Queue = lab.queue({ callTimeout: 500 });
    const worker = lab.worker(async () => 1);
    const drained = next(worker, 'drained');
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    await drained;
    const outcomes = await whileFrozen(() =>
      Promise.all([1, 2, 3].map((n) => failure(`add ${n}`, () => queue.add('a', n)))),
    );
    expect(outcomes.map(({ code, mayBeWritten }) => [code, mayBeWritten])).toEqual(
      outcomes.map(() => ['CALL_TIMEOUT', true]),
    );
    await until(async () => (await queue.getCompletedCount()) === 3);
  }, 20_000);

  it('does not end what a run writes while its lock may be held, nor its completion', async () => {
    const queue: Queue = lab.queue({ callTimeout: 500 });
    let frozen!: () => void;
    const begun = new Promise<void>((resolve) => (frozen = resolve));
    let thaw: Promise<void> | undefined;
    const worker = lab.worker(async (job) => {
      await lab.redis.kill('SIGSTOP');
      thaw = new Promise((resolve) => setTimeout(() => resolve(lab.redis.kill('SIGCONT')), 6000));
      frozen();
      await job.updateProgress(1);
      await job.log('line');
      return job.attemptsMade;
    });
    await worker.waitUntilReady();
    const { id } = await queue.add('a', 0);
    await begun;
    expect((await failure('getJob', () => queue.getJob(id))).code).toBe('CALL_TIMEOUT');
    await thaw;
    await until(async () => (await queue.getJobState(id)) === 'completed');
    expect(await queue.getJob(id)).toMatchObject({ returnvalue: 0, attemptsMade: 1, progress: 1 });
  }, 30_000);
});

describe('a Redis that is away', () => {
  afterEach(() => lab.redis.restart());

  it('leaves no add open past its deadline, however many there are, and says that nothing was written', async () => {
    const queue: Queue = lab.queue({ callTimeout: 1000, backlog: Infinity });
    await queue.waitUntilReady();
    await lab.redis.kill();
    await until(() => (queue as any).connection.client.status !== 'ready');
    const from = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: 20_000 }, (_, n) => failure(`${n}`, () => queue.add('a', n))),
    );
    expect(performance.now() - from).toBeLessThan(8000);
    expect(new Set(outcomes.map(({ code, mayBeWritten }) => `${code} ${mayBeWritten}`))).toEqual(
      new Set(['CALL_TIMEOUT false']),
    );
    await lab.redis.restart();
    await until(() => (queue as any).connection.client.status === 'ready');
    await queue.add('a', 0);
    expect(await queue.getWaitingCount()).toBe(1);
    await lab.redis.kill();
  }, 30_000);

  it('lets adds over the backlog fail at once', async () => {
    const queue: Queue = lab.queue({ callTimeout: 2000, backlog: 50 });
    await queue.waitUntilReady();
    await lab.redis.kill();
    const outcomes: Outcome[] = [];
    const adding: Promise<unknown>[] = [];
    const add = (): void =>
      void adding.push(failure('add', () => queue.add('a', 0)).then((outcome) => outcomes.push(outcome)));
    for (let n = 0; n < 60; n += 1) add();
    await until(() => {
      add();
      return outcomes.some(({ code }) => code === 'BACKLOG_FULL');
    });
    const full = outcomes.find(({ code }) => code === 'BACKLOG_FULL')!;
    expect(full.afterMs).toBeLessThan(200);
    await Promise.all(adding);
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['CALL_TIMEOUT', 'BACKLOG_FULL']));
  }, 30_000);

  it('takes every add as soon as it is back before the deadline', async () => {
    const queue: Queue = lab.queue({ callTimeout: 10_000 });
    await queue.waitUntilReady();
    await lab.redis.kill();
    const adding = Promise.all(Array.from({ length: 3000 }, (_, n) => queue.add('a', n)));
    const counting = queue.getJobCounts('waiting');
    await lab.redis.restart();
    expect(new Set((await adding).map(({ id }) => id)).size).toBe(3000);
    await counting;
    expect(await queue.getWaitingCount()).toBe(3000);
  }, 30_000);

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'settles everything at close, of a shared connection too (%s)',
    async (signal) => {
      const queue: Queue = lab.queue({ callTimeout: 60_000 });
      const other = lab.queue({}, randomQueueName());
      const flows: FlowProducer = lab.flows({ callTimeout: 60_000 });
      await Promise.all([queue.waitUntilReady(), other.waitUntilReady()]);
      await lab.redis.kill(signal);
      const open = [
        ...Array.from({ length: 3000 }, (_, n) => failure('add', () => queue.add('a', n))),
        failure('getJob', () => queue.getJob('1')),
        failure('pause', () => queue.pause()),
        failure('flow', () =>
          flows.add({ name: 'f', queueName: lab.name, children: [{ name: 'c', queueName: lab.name }] }),
        ),
      ];
      await new Promise((resolve) => setTimeout(resolve, 100));
      await Promise.all([queue.disconnect(), flows.disconnect()]);
      const outcomes = await Promise.all(open);
      expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['CONNECTION_CLOSED']));
      if (signal === 'SIGSTOP') await lab.redis.kill('SIGCONT');
    },
    30_000,
  );
});
