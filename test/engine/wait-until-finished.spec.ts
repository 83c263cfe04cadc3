import { describe, expect, it } from '@jest/globals';
import {
  ConnectionClosedError,
  JobFailedError,
  JobNotFoundError,
  type Queue,
  WaitTimeoutError,
} from '../../lib/engine.js';
import { toStepwellError } from '../../lib/redis/redis-failure.js';
import { bindRuntime } from '../../lib/runtime/runtime-of.js';
import { EngineLab, Gate, next, until } from '../support/engine-lab.js';
import { fasterRuntime } from '../support/faster-runtime.js';
import { randomQueueName } from '../support/queue-name.js';

const lab = EngineLab.open();

/** A queue whose waits look again ten times as soon. */
const fastQueue = (): Queue => {
  const connection = lab.connection();
  bindRuntime(connection, fasterRuntime(10));
  return lab.queue({ connection });
};

describe('waitUntilFinished', () => {
  it('resolves with the result', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const gate = new Gate();
    lab.worker(async () => {
      await gate.passed;
      return { n: [1] };
    });
    const job = await queue.add('a', 0);
    const waiting = job.waitUntilFinished(events);
    gate.open();
    expect(await waiting).toEqual({ n: [1] });
    expect(events.listenerCount(`completed:${job.id}`)).toBe(0);
  });

  it('rejects with the reason once the job failed for good', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(async ({ attemptsMade }) => {
      throw new Error(`attempt ${attemptsMade + 1}`);
    });
    const job = await queue.add('a', 0, { attempts: 3 });
    const error = await job.waitUntilFinished(events).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ message: 'attempt 3', jobId: job.id });
  });

  it.each([undefined, null, 0, '', false])('tells the result %p', async (result) => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(async () => result);
    const job = await queue.add('a', 0);
    expect(await job.waitUntilFinished(events)).toEqual(result ?? null);
  });

  it('knows what finished before the call', async () => {
    const queue = lab.queue();
    const worker = lab.worker(async ({ name }) => {
      if (name === 'bad') throw new Error('boo');
      return 'done';
    });
    const ended = [next(worker, 'completed'), next(worker, 'failed')];
    const [good, bad] = await queue.addBulk([
      { name: 'good', data: 0 },
      { name: 'bad', data: 0 },
    ]);
    await Promise.all(ended);
    const events = await lab.events();
    expect(await good!.waitUntilFinished(events)).toBe('done');
    await expect(bad!.waitUntilFinished(events)).rejects.toThrow('boo');
  });

  it('needs no event to arrive: stored state is looked at too', async () => {
    const queue = fastQueue();
    const elsewhere = await lab.events({}, randomQueueName());
    const gate = new Gate();
    lab.worker(() => gate.passed);
    const job = await queue.add('a', 0);
    const waiting = job.waitUntilFinished(elsewhere);
    gate.open();
    expect(await waiting).toBeNull();
  });

  it('gets a result that is too large for an event', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    lab.worker(async () => 'x'.repeat(100_000));
    const job = await queue.add('a', 0);
    expect(await job.waitUntilFinished(events)).toHaveLength(100_000);
  });

  it('gets a reason that is too large for an event, and one that is empty, also of a job that is gone', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const gate = new Gate();
    lab.worker(
      async ({ data }) => {
        await gate.passed;
        throw new Error(data);
      },
      { concurrency: 3 },
    );
    const large = 'x'.repeat(100_000);
    const jobs = await queue.addBulk([
      { name: 'a', data: large },
      { name: 'a', data: '' },
      { name: 'a', data: '', opts: { removeOnFail: true } },
    ]);
    const waiting = Promise.all(
      jobs.map((job) => job.waitUntilFinished(events).catch(({ message }: Error) => message)),
    );
    await until(async () => (await queue.getActiveCount()) === 3);
    gate.open();
    expect(await waiting).toEqual([large, '', '']);
  });

  it('hears of a job that is removed as soon as it has finished', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const gate = new Gate();
    lab.worker(async ({ name }) => {
      await gate.passed;
      if (name === 'bad') throw new Error('boo');
      return 'done';
    });
    const opts = { removeOnComplete: true, removeOnFail: true };
    const [good, bad] = await queue.addBulk(['good', 'bad'].map((name) => ({ name, data: 0, opts })));
    const waiting = [good!.waitUntilFinished(events), bad!.waitUntilFinished(events)] as const;
    gate.open();
    expect(await waiting[0]).toBe('done');
    await expect(waiting[1]).rejects.toThrow('boo');
    expect(await queue.getJobs()).toEqual([]);
  });

  it('rejects when the job is gone, the time is up or the events are closed', async () => {
    const queue = fastQueue();
    const events = await lab.events();
    const job = await queue.add('a', 0);
    await expect(job.waitUntilFinished(events, 30)).rejects.toThrow(WaitTimeoutError);
    await expect(job.waitUntilFinished(events, -1)).rejects.toThrow('ttl');
    const waiting = job.waitUntilFinished(events);
    await events.close();
    await expect(waiting).rejects.toThrow(ConnectionClosedError);
    await job.remove();
    await expect(job.waitUntilFinished(await lab.events())).rejects.toThrow(JobNotFoundError);
  });

  it('goes on where Redis cannot be asked for a while', async () => {
    const queue = fastQueue();
    const events = await lab.events();
    const gate = new Gate();
    lab.worker(() => gate.passed.then(() => 'done'));
    const job = await queue.add('a', 0);
    const passing = [
      toStepwellError(new Error('BUSY Redis is busy running a script.')),
      toStepwellError(new Error('LOADING Redis is loading the dataset in memory')),
      toStepwellError(new Error('Connection timeout')),
    ];
    const load = queue.store.jobs.loadJob.bind(queue.store.jobs);
    queue.store.jobs.loadJob = async (id) => {
      const error = passing.shift();
      if (error) throw error;
      return load(id);
    };
    const waiting = job.waitUntilFinished(events);
    await until(() => passing.length < 3);
    gate.open();
    expect(await waiting).toBe('done');
    passing.push(toStepwellError(new Error('NOPERM no')));
    await expect(job.waitUntilFinished(events)).rejects.toThrow('NOPERM');
  });

  it('is told at once that the job was removed', async () => {
    const queue = lab.queue();
    const events = await lab.events();
    const job = await queue.add('a', 0, { delay: 60_000 });
    const waiting = job.waitUntilFinished(events, 1500);
    const refused = waiting.catch((error: unknown) => error);
    await until(() => events.listenerCount(`removed:${job.id}`) > 0);
    await queue.drain(true);
    expect(await refused).toBeInstanceOf(JobNotFoundError);
  });
});
